-- Reads rows of profiles that lie in several hashes.
-- KEYS  the profiles hashes
-- ARGV  a profile: number of its key, id
-- Returns a row each, or nil
local rows = {}
for i = 1, #ARGV, 2 do
  rows[(i + 1) / 2] = redis.call('HGET', KEYS[tonumber(ARGV[i])], ARGV[i + 1])
end
return rows
