-- Lists all nodes' records as they stand at one instant.
-- KEYS  1 nodes
-- Returns field, value, field, value...
return redis.call('HGETALL', KEYS[1])
