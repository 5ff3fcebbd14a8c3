#!lua
--[[ amend: replaces or removes one element of the open batch, if its bytes are still the same.
KEYS    list mirror conversation open counts ids alias
ARGV    now c wakeMs channel kind before after idHash dedupeMs     idHash: known from then on, '' = none
RETURNS {done | changed}
REPEAT  the second call answers changed ]]
--@include now
--@include arm
--@include bare
--@include elsewhere
local list, mirror, conversation, open, counts, ids, alias = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local now, c = clock(ARGV[1]), ARGV[2]
local h = redis.call('HMGET', conversation, 'id', 'due', 'last', 'n', 'max', 'loud', 'over', 'turn', 'hold')
local index = redis.call('LPOS', list, ARGV[6])
redis.call('GET', mirror)
redis.call('ZCARD', open)
redis.call('HGET', counts, 'revoked')
local seen = tonumber(redis.call('ZSCORE', ids, ARGV[8]) or 0)
if not index or not h[1] then return { 'changed' } end
if ARGV[8] ~= '' and seen <= now - ARGV[9] then
  redis.call('ZADD', ids, now, ARGV[8])
  if redis.call('PTTL', ids) < tonumber(ARGV[9]) then redis.call('PEXPIRE', ids, ARGV[9]) end
end
if ARGV[5] == 'edit' then
  redis.call('LSET', list, index, ARGV[7])
  return { 'done' }
end

local size, loud, max = h[4] - 1, tonumber(h[6]), tonumber(h[5])
redis.call('LREM', list, 1, ARGV[6])
redis.call('HINCRBY', counts, 'open', -1)
redis.call('HINCRBY', counts, 'revoked', 1)
if size == 0 then
  close(conversation, mirror)
  redis.call('ZREM', open, c .. '|' .. h[1])
  bare(conversation, now)
  return { 'done' }
end
if loud > index then loud = loud - 1 end
redis.call('HSET', conversation, 'n', size, 'loud', loud, 'over', size > max and h[7] or 0)
arm(open, ARGV[4], c .. '|' .. h[1], effective(tonumber(h[2]), tonumber(h[3]), size, max), h[8],
  tonumber(h[9] or 0), now, tonumber(ARGV[3]))
return { 'done' }
