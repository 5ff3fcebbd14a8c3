#!lua
--[[ retime: typing, flush, hold, release.
KEYS    conversation open
ARGV    now c wakeMs channel kind ms           ms: idle of typing, length of hold ('' = without end)
RETURNS {done, batchId, dueAt} | {none}
REPEAT  safe ]]
--@include now
--@include arm
local conversation, open = KEYS[1], KEYS[2]
local now, c, kind = clock(ARGV[1]), ARGV[2], ARGV[5]
local h = redis.call('HMGET', conversation,
  'id', 'first', 'due', 'last', 'n', 'age', 'max', 'turn', 'hold', 'late', 'stale', 'unreadable')
redis.call('ZCARD', open)
local id, hold = h[1], tonumber(h[9] or 0)
local due = tonumber(h[3] or 0)

if kind == 'hold' then
  hold = ARGV[6] == '' and FOREVER or now + ARGV[6]
  redis.call('HSET', conversation, 'hold', hold)
  -- A hold over nothing leaves nothing behind; a key with messages never gets a TTL.
  local bare = not (id or h[8] or h[10] or h[11] or h[12])
  if bare and hold < FOREVER then
    redis.call('PEXPIRE', conversation, ARGV[6])
  else
    redis.call('PERSIST', conversation)
  end
elseif kind == 'release' then
  redis.call('HDEL', conversation, 'hold')
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
