-- Lists the ids in profiles hashes, one hash after the other, until there are enough.
-- KEYS  the profiles hashes in the order of their slots
-- ARGV  1 how many ids are enough
-- Returns the ids of each hash it came to
local lists, count = {}, 0
for i = 1, #KEYS do
  lists[i] = redis.call('HKEYS', KEYS[i])
  count = count + #lists[i]
  if count >= tonumber(ARGV[1]) then
    break
  end
end
return lists
