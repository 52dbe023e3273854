-- Puts a model in force and lets go of the pieces of the one before, whose key has the same tag.
-- KEYS  1 model  2 its pieces
-- ARGV  1 version  2 pieces  3 instant  4 what keys of pieces begin with
-- Returns 1
local before = redis.call('HGET', KEYS[1], 'version')
redis.call('PERSIST', KEYS[2])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'pieces', ARGV[2], 'at', ARGV[3])
if before and before ~= ARGV[1] then
  redis.call('UNLINK', ARGV[4] .. before)
end
return 1
