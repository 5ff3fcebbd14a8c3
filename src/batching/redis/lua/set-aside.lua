#!lua
--[[ set-aside: messages too old to be answered unasked, kept as one failed entry a conversation.
KEYS    conversation ids batch messages failed counts alias
ARGV    now batchId c reason dedupeMs, then per message: idHash payload
RETURNS {outcome, batchId, added, duplicates}    outcome: done | entry (again with its batchId, '' = a new one)
REPEAT  safe: the same ids again are duplicates ]]
--@include now
--@include elsewhere
--@include unseen
local conversation, ids, batch, messages, failed, counts, alias = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local now, id, reason, dedupeMs = clock(ARGV[1]), ARGV[2], ARGV[4], tonumber(ARGV[5])
local entry = redis.call('HGET', conversation, reason)
if entry and entry ~= id then return { 'entry', entry } end
local state, of, attempt = unpack(redis.call('HMGET', batch, 'state', 'reason', 'attempt'))
redis.call('LLEN', messages)
redis.call('ZSCORE', failed, id)
redis.call('HGET', counts, 'failed')

-- Retried or settled since the call learnt of it: another entry is begun.
if state and not (state == 'failed' and of == reason and attempt == '0') then return { 'entry', '' } end

local fresh, duplicates = unseen(ids, 6, 2, now, dedupeMs)
local payloads, scores, added = {}, {}, #fresh
for n, i in ipairs(fresh) do
  payloads[n] = ARGV[i + 1]
  scores[2 * n - 1], scores[2 * n] = now, ARGV[i]
end
if duplicates > 0 then redis.call('HINCRBY', counts, 'duplicates', duplicates) end
if added == 0 then return { 'done', '', 0, duplicates } end

redis.call('RPUSH', messages, unpack(payloads))
redis.call('ZADD', ids, unpack(scores))
redis.call('PEXPIRE', ids, dedupeMs)
if not state then
  redis.call('HSET', batch, 'c', ARGV[3], 'state', 'failed', 'reason', reason, 'attempt', 0,
    'epoch', 0, 'starts', 0, 'retries', 0, 'first', now, 'due', now, 'sealed', now,
    'settled', now, 'cause', 'age', 'size', 0, 'age', 0, 'max', 0)
  redis.call('HSET', conversation, reason, id)
  redis.call('PERSIST', conversation)
  redis.call('ZADD', failed, now, id)
end
redis.call('HSET', batch, 'last', now)
redis.call('HINCRBY', batch, 'size', added)
redis.call('HINCRBY', counts, 'accepted', added)
redis.call('HINCRBY', counts, 'failed', added)
return { 'done', id, added, duplicates }
