#!lua
--[[ begin: a worker starts a turn; only the newest start may go on.
KEYS    batch messages conversation open turns failed counts
ARGV    now batchId attempt c leaseMs turnHorizonMs maxStarts wakeMs channel
RETURNS {outcome, epoch, retries, firstAt, lastAt, starts, interrupts, draft, parts, part…, payload…}
        outcome: go | running | stale | gone | poison
REPEAT  the second call answers running until the lease ends ]]
--@include now
--@include arm
--@include bare
--@include flight
--@include free
--@include numbers
local batch, messages, conversation, open, turns, failed, counts = unpack(KEYS)
local now, id = clock(ARGV[1]), ARGV[2]
local h = redis.call('HMGET', batch,
  'state', 'attempt', 'starts', 'retries', 'first', 'last', 'draft', 'parts', 'interrupts', 'c')
local at = tonumber(redis.call('ZSCORE', turns, id) or 0)
local payloads = redis.call('LRANGE', messages, 0, -1)
local pointed, waiting = unpack(redis.call('HMGET', conversation, 'turn', 'id'))
redis.call('ZCARD', open)
redis.call('ZCARD', failed)
redis.call('HGET', counts, 'sealed')
local state = h[1]
-- Retried since under another address of the person, it is a turn of that one.
if not state or state == 'answered' or state == 'failed' or h[10] ~= ARGV[4] then return { 'gone' } end
if h[2] ~= ARGV[3] or state == 'waiting' then return { 'stale' } end
if state == 'running' and at > now and at <= now + ARGV[6] then return { 'running' } end

local wrong = noNumber({ h[3] or '', h[4], h[5], h[6], h[8], h[9] }, 1, 2, 3, 4, 5, 6)
if wrong then return wrong end
if state == 'sealed' then redis.call('HINCRBY', counts, 'sealed', -1) end
if tonumber(h[3]) >= tonumber(ARGV[7]) then
  fail(batch, turns, failed, counts, id, 'poison', now)
  free(conversation, open, counts, ARGV[9], ARGV[4], id, now, tonumber(ARGV[8]))
  return { 'poison' }
end
redis.call('HSET', batch, 'state', 'running', 'starts', h[3] + 1)
local epoch = redis.call('HINCRBY', batch, 'epoch', 1)
redis.call('ZADD', turns, now + ARGV[5], id)
local parts = tonumber(h[8] or 0)
-- Somebody took the pointer away: what waits must not be answered beside this one.
if not pointed then
  redis.call('HSET', conversation, 'turn', id)
  if waiting then redis.call('ZADD', open, '+inf', ARGV[4] .. '|' .. waiting) end
end
local reply = { 'go', epoch, h[4], h[5], h[6], h[3] + 1, h[9] or 0, h[7] or '', parts }
for i = 0, parts - 1 do
  local part, startedAt = unpack(redis.call('HMGET', batch, 'p' .. i, 's' .. i))
  reply[#reply + 1] = part == 'sending' and startedAt and part .. ':' .. startedAt or part or ''
end
for i = 1, #payloads do reply[#reply + 1] = payloads[i] end
return reply
