-- Registers a node or refreshes its record.
-- KEYS  1 nodes
-- ARGV  1 node  2 address
-- Returns its counter
redis.call('HSET', KEYS[1], 'address:' .. ARGV[1], ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'counter:' .. ARGV[1], 1)
