-- Puts changes of products at the end of their line, each in place of the one of its key.
-- KEYS  1 line  2 changes  3 name of the line
-- ARGV  1 a name, if it has none  2.. key, change
-- Returns the number of the last. Numbers begin above the clock's microseconds, so that a store which went back in time
-- does not give those again that it has lost
local top = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
local now = redis.call('TIME')
local number = math.max(tonumber(top[2] or 0), tonumber(now[1]) * 1000000 + tonumber(now[2]))
redis.call('SETNX', KEYS[3], ARGV[1])
for i = 2, #ARGV, 2 do
  number = number + 1
  redis.call('ZADD', KEYS[1], string.format('%.0f', number), ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
return string.format('%.0f', number)
