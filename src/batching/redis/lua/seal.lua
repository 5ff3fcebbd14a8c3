#!lua
--[[ seal: the first maxSize messages of an open batch become a turn; the rest is the next batch.
KEYS    list mirror conversation open turns batch messages counts
ARGV    now batchId restId c handoverMs retentionMs wakeMs channel
RETURNS {outcome, firstAt, lastAt, dueAt, sealedAt, cause, size, inFlight, payload…}
        outcome: sealed | quiet | none | busy | held | early | lost (messages wait, and nobody knows how long)
REPEAT  safe: the second call answers none or busy, and `turns` hands the turn over again ]]
--@include now
--@include arm
--@include bare
--@include take
--@include flight
--@include numbers
local list, mirror, conversation, open, turns, batch, messages, counts = unpack(KEYS)
local now, id, restId, c = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local member = c .. '|' .. id

local h = redis.call('HMGET', conversation, 'id', 'first', 'last', 'due', 'idle', 'age', 'max',
  'loud', 'over', 'turn', 'hold', 'n', 'interrupts', 'extra')
local size = redis.call('LLEN', list)
redis.call('GET', mirror)
local isEntry = redis.call('ZSCORE', open, member)
redis.call('ZSCORE', turns, id)
redis.call('HGET', batch, 'state')
redis.call('LLEN', messages)
redis.call('HGET', counts, 'open')
if h[1] ~= id then
  if not h[1] and isEntry and size > 0 then return { 'lost' } end
  redis.call('ZREM', open, member)
  return { 'none' }
end
for _, i in ipairs({ 2, 3, 4, 5, 6, 7, 8, 9, 12 }) do h[i] = h[i] or '' end
local wrong = noNumber(h, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14)
if wrong then return wrong end
local hold = tonumber(h[11] or 0)
if h[10] then return { 'busy' } end
if hold > now then return { 'held' } end
local first, last, timeDue, idleMs = tonumber(h[2]), tonumber(h[3]), tonumber(h[4]), tonumber(h[5])
local ageMs, max, loud = tonumber(h[6]), tonumber(h[7]), tonumber(h[8])
local due = effective(timeDue, last, size, max)
if due > now and due <= now + ageMs then return { 'early' } end

local cause = timeDue >= first + ageMs and 'age' or 'idle'
if idleMs == 0 or (timeDue >= last and timeDue < math.min(last + idleMs, first + ageMs)) then
  cause = 'flush'
end
if timeDue > now then cause = 'clock' end
if size >= max then cause = 'full' end

bookForeign(counts, size - tonumber(h[12]))
redis.call('ZREM', open, member)
if size == 0 then
  close(conversation, mirror)
  bare(conversation, now)
  return { 'none' }
end
local taken = math.min(size, max)
local keys = { list = list, mirror = mirror, conversation = conversation, batch = batch,
  messages = messages }
local window = { h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[13], h[14] }
local payloads, rest = take(keys, window, c, size, taken, restId, due, cause, now)
if rest then
  arm(open, ARGV[8], c .. '|' .. restId, effective(rest[1], last, rest[2], rest[3]), loud > 0, hold, now,
    tonumber(ARGV[7]))
end
local head = { 'sealed', first, last, due, now, cause, taken, 0 }
if loud == 0 then
  redis.call('HSET', batch, 'state', 'answered', 'reason', 'quiet', 'settled', now)
  redis.call('HINCRBY', counts, 'open', -taken)
  redis.call('HINCRBY', counts, 'answered', taken)
  -- A retention of 0 deletes at once.
  for _, key in ipairs({ batch, messages }) do redis.call('PEXPIRE', key, ARGV[6]) end
  bare(conversation, now)
  head[1] = 'quiet'
  return head
end
redis.call('HSET', conversation, 'turn', id)
redis.call('ZADD', turns, now + ARGV[5], id)
redis.call('HINCRBY', counts, 'sealed', 1)
head[8] = flight(counts, c, 1) - 1
for i = 1, taken do head[8 + i] = payloads[i] end
return head
