-- Puts back what a lost store had, if the epoch is the shard's. Where something stands it is newer, and stays.
-- KEYS  1 head  2 unfilled  3 wakeUps  4 cells  5... one profiles hash a slot
-- ARGV  1 epoch  2 number of profiles  3 number of cells  4 number of parts begun
--       then a profile: number of its key, id, wake-up ('' for none), row
--       then a cell: field, id
--       then a part that is begun: number, note
--       then a part that is done: number
-- Returns 0 ok, 1 fenced
local epoch = redis.call('HGET', KEYS[1], 'epoch') or '0'
if epoch ~= ARGV[1] or epoch == '0' then
  return 1
end
local at = 5
for _ = 1, tonumber(ARGV[2]) do
  local id, wakeUp = ARGV[at + 1], ARGV[at + 2]
  if redis.call('HSETNX', KEYS[tonumber(ARGV[at])], id, ARGV[at + 3]) == 1 and wakeUp ~= '' then
    redis.call('ZADD', KEYS[3], wakeUp, id)
  end
  at = at + 4
end
for _ = 1, tonumber(ARGV[3]) do
  redis.call('HSETNX', KEYS[4], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for _ = 1, tonumber(ARGV[4]) do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for i = at, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
return 0
