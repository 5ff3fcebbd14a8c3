#!lua flags=allow-oom
--[[ settle: the end of a turn, or of one try of it; frees the conversation. Frees memory: runs when full.
KEYS    batch messages conversation list open turns failed counts
ARGV    now batchId epoch c retentionMs wakeMs channel kind, then
        answered, giveBack: – · failed: reason · retry: afterMs maxRetries reason · reopen: newBatchId idleMs
RETURNS {answered | failed | waiting | reopened | already | fenced | gone}
REPEAT  safe: the second call answers already ]]
--@include now
--@include arm
--@include bare
--@include free
local batch, messages, conversation, list, open, turns, failed, counts = unpack(KEYS)
local now, id, c, kind = clock(ARGV[1]), ARGV[2], ARGV[4], ARGV[8]
local wakeMs, channel = tonumber(ARGV[6]), ARGV[7]
local h = redis.call('HMGET', batch,
  'state', 'epoch', 'retries', 'size', 'first', 'last', 'age', 'max', 'starts')
local o = redis.call('HMGET', conversation, 'id', 'first', 'last', 'due', 'idle', 'loud', 'n', 'hold')
redis.call('LLEN', messages)
redis.call('LLEN', list)
redis.call('ZCARD', open)
redis.call('ZSCORE', turns, id)
redis.call('ZCARD', failed)
redis.call('HGET', counts, 'open')
local state, size = h[1], tonumber(h[4])
if not state then return { 'gone' } end
if h[2] ~= ARGV[3] then return { 'fenced' } end
if state == 'answered' or state == 'failed' or state == 'waiting' then return { 'already' } end
if state ~= 'running' then return { 'fenced' } end

if kind == 'giveBack' then
  redis.call('HSET', batch, 'state', 'waiting', 'starts', math.max(0, h[9] - 1))
  redis.call('ZADD', turns, now, id)
  redis.call('PUBLISH', channel, '')
  return { 'waiting' }
end
if kind == 'retry' and tonumber(h[3]) < tonumber(ARGV[10]) then
  redis.call('HSET', batch, 'state', 'waiting', 'retries', h[3] + 1, 'starts', 0)
  redis.call('ZADD', turns, now + ARGV[9], id)
  if tonumber(ARGV[9]) < wakeMs then redis.call('PUBLISH', channel, '') end
  return { 'waiting' }
end
if kind == 'retry' or kind == 'failed' then
  fail(batch, turns, failed, counts, id, kind == 'retry' and ARGV[11] or ARGV[9], now)
  free(conversation, open, channel, c, now, wakeMs)
  return { 'failed' }
end
redis.call('ZREM', turns, id)
if kind == 'answered' then
  redis.call('HSET', batch, 'state', 'answered', 'settled', now)
  redis.call('HINCRBY', counts, 'open', -size)
  redis.call('HINCRBY', counts, 'answered', size)
  -- A retention of 0 deletes at once.
  redis.call('PEXPIRE', batch, ARGV[5])
  redis.call('PEXPIRE', messages, ARGV[5])
  free(conversation, open, channel, c, now, wakeMs)
  return { 'answered' }
end

local before, idleMs = o[1], tonumber(ARGV[10])
if before then
  local payloads = redis.call('LRANGE', messages, 0, -1)
  for i = #payloads, 1, -1 do redis.call('LPUSH', list, payloads[i]) end
  redis.call('DEL', messages)
else
  redis.call('RENAME', messages, list)
end
redis.call('DEL', batch)
local total, max = size + tonumber(o[7] or 0), tonumber(h[8])
if max == 0 then max = total end
local loud = tonumber(o[6] or 0)
local due = math.min(tonumber(o[4] or now + idleMs), h[5] + h[7])
local last = tonumber(o[3] or h[6])
redis.call('HSET', conversation, 'id', before or ARGV[9], 'first', h[5], 'last', last, 'due', due,
  'idle', o[5] or idleMs, 'age', h[7], 'max', max, 'n', total, 'loud', size + loud,
  'over', total > max and (o[2] or h[5]) or 0)
redis.call('HDEL', conversation, 'turn')
arm(open, channel, c .. '|' .. (before or ARGV[9]), effective(due, last, total, max), false,
  tonumber(o[8] or 0), now, wakeMs)
return { 'reopened' }
