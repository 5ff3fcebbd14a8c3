#!lua
--[[ arrive: a provider says that it has a part which was on the wire, so it is sent, whoever holds the turn.
KEYS    batch marks
ARGV    now part startedAt providerId hash forMs     startedAt as it was read, hash '' = none
RETURNS {done | gone}
REPEAT  safe: the second call answers gone, and the part stays sent ]]
--@include now
--@include mark
local batch, marks = unpack(KEYS)
local now, field = clock(ARGV[1]), 'p' .. ARGV[2]
local part, startedAt = unpack(redis.call('HMGET', batch, field, 's' .. ARGV[2]))
redis.call('ZCARD', marks)
if part ~= 'sending' or (startedAt or '') ~= ARGV[3] then return { 'gone' } end
redis.call('HSET', batch, field, 'sent:' .. ARGV[4])
mark(marks, ARGV[5], ARGV[6], now)
return { 'done' }
