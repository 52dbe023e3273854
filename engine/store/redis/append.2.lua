-- Appends one batch to a shard's journal, if the epoch is the shard's and the batch follows the last one.
-- KEYS  1 head  2 journal
-- ARGV  1 epoch  2 position before the batch  3 last position of the batch  4 entry id: last position-count
--       5 tail: epoch:digest:length  6 bytes  7 '1': write even when the batch stands already, for WAIT covers only
--       what its own connection has written
-- Returns 0 ok, 1 already, or {'fenced', epoch}, {'gap', last}, {'conflict', last}
local head = redis.call('HMGET', KEYS[1], 'epoch', 'last', 'tail')
local epoch = head[1] or '0'
local last = head[2] or '0'
if epoch ~= ARGV[1] or epoch == '0' then
  return { 'fenced', epoch }
end
if last == ARGV[2] then
  redis.call('XADD', KEYS[2], ARGV[4], 'tail', ARGV[5], 'bytes', ARGV[6])
  redis.call('HSET', KEYS[1], 'last', ARGV[3], 'tail', ARGV[5])
  return 0
end
if tonumber(last) < tonumber(ARGV[2]) then
  return { 'gap', last }
end
local standing = redis.call('XRANGE', KEYS[2], ARGV[4], ARGV[4])[1]
if not standing or standing[2][2] ~= ARGV[5] then
  return { 'conflict', last }
end
if ARGV[7] == '1' then
  redis.call('HSET', KEYS[1], 'last', last)
end
return 1
