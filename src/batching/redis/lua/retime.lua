#!lua
--[[ retime: typing, flush, hold, release.
KEYS    conversation open held alias
ARGV    now c wakeMs channel kind ms why atLeast
        ms: idle of typing, length of hold ('' = without end), idle after a release ('' = none) ·
        why: of the hold, only of the release
RETURNS {done, batchId, dueAt} | {none}
REPEAT  safe ]]
--@include now
--@include arm
--@include bare
--@include hold
--@include elsewhere
local conversation, open, held, alias = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local now, c, kind = clock(ARGV[1]), ARGV[2], ARGV[5]
local h = redis.call('HMGET', conversation,
  'id', 'first', 'due', 'last', 'n', 'age', 'max', 'turn', 'hold', 'late', 'stale', 'unreadable',
  'why', 'under', 'underwhy')
redis.call('ZCARD', open)
redis.call('ZCARD', held)
local id, hold = h[1], tonumber(h[9] or 0)
local due = tonumber(h[3] or 0)

if kind == 'hold' then
  hold = setHold(conversation, held, c, { h[9], h[13], h[14] }, ARGV[6], ARGV[7], ARGV[8], now)
  if id and hold > now then h[7] = redis.call('HGET', conversation, 'max') end
elseif kind == 'release' then
  if hold > now and ARGV[7] ~= '' and ARGV[7] ~= (h[13] or 'paused') then return { 'none' } end
  local under = tonumber(h[14] or 0)
  if ARGV[7] == 'stopped' and hold > now and under > now then
    redis.call('HDEL', conversation, 'under', 'underwhy')
    redis.call('HSET', conversation, 'hold', under, 'why', h[15])
    redis.call('ZADD', held, under, c)
    bare(conversation, now)
    hold = under
  else
    local was = hold
    hold = setHold(conversation, held, c, {}, '', '', '0', now)
    if was <= now then return { 'none' } end
  end
  if id and ARGV[6] ~= '' then due = math.max(due, now + ARGV[6]) end
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
