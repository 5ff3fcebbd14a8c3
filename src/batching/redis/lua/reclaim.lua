#!lua
--[[ reclaim: a turn whose time to look again has come is taken for another handover.
KEYS    batch messages turns counts
ARGV    now batchId handoverMs turnHorizonMs queuedMs
RETURNS {outcome, c, attempt, firstAt, lastAt, dueAt, sealedAt, cause, inFlight,
        payload…}
        outcome: reclaimed | early | gone | lost (it is to be looked at, and has no record or messages)
REPEAT  safe: the second call answers early ]]
--@include now
local batch, messages, turns, counts = unpack(KEYS)
local now, id = clock(ARGV[1]), ARGV[2]
local h = redis.call('HMGET', batch, 'c', 'state', 'attempt', 'first', 'last', 'due', 'sealed', 'cause', 'draft')
local at = tonumber(redis.call('ZSCORE', turns, id) or 0)
local payloads = redis.call('LRANGE', messages, 0, -1)
local tenant = string.match(h[1] or '', '^([^:]*):') or ''
local inFlight = redis.call('HGET', counts, 't:' .. tenant)
local state = h[2]
if (not state or not h[1] or (#payloads == 0 and not h[9])) and at > 0 then return { 'lost' } end
if not state or state == 'answered' or state == 'failed' then
  redis.call('ZREM', turns, id)
  return { 'gone' }
end
if at > now and at <= now + ARGV[4] then return { 'early' } end

-- A turn that nobody has begun keeps its id, so a queue that has it drops the double. Half a job can
-- block an id for ever: so from time to time, less and less often, it gets a new one.
local attempt = tonumber(h[3])
local patienceMs = ARGV[5] * 10 * 2 ^ (attempt - 1)
local keeps = state == 'sealed' or (state == 'queued' and now - h[7] < patienceMs)
if not keeps then attempt = attempt + 1 end
if state ~= 'sealed' then redis.call('HINCRBY', counts, 'sealed', 1) end
redis.call('HSET', batch, 'state', 'sealed', 'attempt', attempt)
redis.call('HINCRBY', batch, 'epoch', 1)
redis.call('ZADD', turns, now + ARGV[3], id)
local head = { 'reclaimed', h[1], attempt, h[4], h[5], h[6], h[7], h[8],
  math.max(0, tonumber(inFlight or 1) - 1) }
for i = 1, #payloads do head[9 + i] = payloads[i] end
return head
