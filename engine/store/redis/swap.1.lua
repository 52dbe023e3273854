-- Puts a text in place of another, if that one still stands there.
-- KEYS  1 steering
-- ARGV  1 text  2 the text before, empty for none
-- Returns 1 put, 0 another text stands there
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
