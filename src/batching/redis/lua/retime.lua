#!lua
--[[ retime: typing, flush, hold, release.
KEYS    conversation open held
ARGV    now c wakeMs channel kind ms why atLeast
        ms: idle of typing, length of hold ('' = without end) · why: of the hold, only of the release
RETURNS {done, batchId, dueAt} | {none}
REPEAT  safe ]]
--@include now
--@include arm
--@include bare
--@include hold
local conversation, open, held = unpack(KEYS)
local now, c, kind = clock(ARGV[1]), ARGV[2], ARGV[5]
local h = redis.call('HMGET', conversation,
  'id', 'first', 'due', 'last', 'n', 'age', 'max', 'turn', 'hold', 'late', 'stale', 'unreadable',
  'why')
redis.call('ZCARD', open)
redis.call('ZCARD', held)
local id, hold = h[1], tonumber(h[9] or 0)
local due = tonumber(h[3] or 0)

if kind == 'hold' then
  hold = setHold(conversation, held, c, hold, h[13], ARGV[6], ARGV[7], ARGV[8], now)
elseif kind == 'release' then
  if hold > now and ARGV[7] ~= '' and ARGV[7] ~= (h[13] or 'paused') then return { 'none' } end
  redis.call('HDEL', conversation, 'hold', 'why')
  redis.call('ZREM', held, c)
  if hold <= now then return { 'none' } end
  hold = 0
elseif not id then
  return { 'none' }
elseif kind == 'flush' then
  due = math.min(due, now)
elseif due > now then
  due = math.max(due, math.min(now + ARGV[6], h[2] + h[6]))
end
if not id then return { 'done', '', '' } end
redis.call('HSET', conversation, 'due', due)
local at = effective(due, tonumber(h[4]), tonumber(h[5]), tonumber(h[7]))
arm(open, ARGV[4], c .. '|' .. id, at, h[8], hold, now, tonumber(ARGV[3]))
return { 'done', id, string.format('%.0f', at) }
