-- Writes a piece of a shard's state at once, if the epoch is the shard's. A piece below the stored watermark is a lost
-- call that arrives late, and changes nothing.
-- KEYS  1 head  2 state  3 wakeUps  4 cells  5... one profiles hash a slot
-- ARGV  1 epoch  2 watermark  3 meta  4 number of profiles  5 watermark of the piece before
--       6 end of the journal as its owner knows it  7 number of cells
--       then a profile: number of its key, id, wake-up ('' for none), row ('': it goes)
--       then a cell: field, id
--       then a cell to let go of, if it still holds this: field, id
-- Returns 0 ok, 1 fenced, 2 gap: the store has gone back in time
local head = redis.call('HMGET', KEYS[1], 'epoch', 'last')
local epoch = head[1] or '0'
if epoch ~= ARGV[1] or epoch == '0' then
  return 1
end
local watermark = tonumber(redis.call('HGET', KEYS[2], 'watermark') or '0')
if tonumber(ARGV[2]) < watermark then
  return 0
end
if watermark < tonumber(ARGV[5]) or tonumber(head[2] or '0') < tonumber(ARGV[6]) then
  return 2
end
redis.call('HSET', KEYS[2], 'watermark', ARGV[2], 'meta', ARGV[3])
local at = 8
for _ = 1, tonumber(ARGV[4]) do
  local id, wakeUp = ARGV[at + 1], ARGV[at + 2]
  if ARGV[at + 3] == '' then
    redis.call('HDEL', KEYS[tonumber(ARGV[at])], id)
    wakeUp = ''
  else
    redis.call('HSET', KEYS[tonumber(ARGV[at])], id, ARGV[at + 3])
  end
  if wakeUp == '' then
    redis.call('ZREM', KEYS[3], id)
  else
    redis.call('ZADD', KEYS[3], wakeUp, id)
  end
  at = at + 4
end
for _ = 1, tonumber(ARGV[7]) do
  redis.call('HSET', KEYS[4], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for i = at, #ARGV, 2 do
  if redis.call('HGET', KEYS[4], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[4], ARGV[i])
  end
end
return 0
