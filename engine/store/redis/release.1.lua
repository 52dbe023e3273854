-- Lets a shard go if the node holds it at this epoch; the epoch stays.
-- KEYS  1 head
-- ARGV  1 node  2 epoch
-- Returns 1 released, 0 it is another's
local lease = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], 'owner')
