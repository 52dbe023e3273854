-- Takes a shard if its lease stands as it was seen.
-- KEYS  1 head
-- ARGV  1 epoch seen  2 counter seen  3 node  4 epoch floor
-- Returns the new epoch, or nil when the lease has moved
local lease = redis.call('HMGET', KEYS[1], 'epoch', 'counter')
local epoch = lease[1] or '0'
if epoch ~= ARGV[1] or (lease[2] or '0') ~= ARGV[2] then
  return false
end
local new = string.format('%.0f', math.max(tonumber(epoch), tonumber(ARGV[4])) + 1)
redis.call('HSET', KEYS[1], 'owner', ARGV[3], 'epoch', new)
redis.call('HINCRBY', KEYS[1], 'counter', 1)
return new
