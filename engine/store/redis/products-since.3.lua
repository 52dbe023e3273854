-- Reads on in the line of changes of products.
-- KEYS  1 line  2 changes  3 name of the line
-- ARGV  1 the number after which  2 at most so many
-- Returns name of the line, number of its last, then for each change key, number, change
local top = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
local found = { redis.call('GET', KEYS[3]), top[2] or '0' }
local line = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #line, 2 do
  table.insert(found, line[i])
  table.insert(found, line[i + 1])
  table.insert(found, redis.call('HGET', KEYS[2], line[i]))
end
return found
