#!lua flags=allow-oom
--[[ settle: the end of a turn, or of one try of it; frees the conversation. Frees memory: runs when full.
KEYS    batch messages conversation list open turns failed counts history marks
ARGV    now batchId epoch c retentionMs wakeMs channel kind historyTurns historyMs, then
        answered: [index providerId hash forMs, of the part that was sent last]
        giveBack: afterMs · park: forMs [heard] · failed: reason answerless
        retry: afterMs maxRetries reason answerless
        reopen: newBatchId idleMs
RETURNS {answered | failed | waiting | reopened | already | fenced | gone}
REPEAT  safe: the second call answers already ]]
--@include now
--@include arm
--@include bare
--@include flight
--@include free
--@include mark
--@include past
--@include settled
--@include touched
--@include reopen
local batch, messages, conversation, list, open, turns, failed, counts, history, marks = unpack(KEYS)
local now, id, c, kind = clock(ARGV[1]), ARGV[2], ARGV[4], ARGV[8]
local wakeMs, channel = tonumber(ARGV[6]), ARGV[7]
local h = redis.call('HMGET', batch,
  'state', 'epoch', 'retries', 'size', 'first', 'last', 'age', 'max', 'starts',
  'interrupts', 'draft', 'parts', 'c', 'extra')
local o = redis.call('HMGET', conversation, 'id', 'first', 'last', 'due', 'idle', 'loud', 'n', 'hold')
redis.call('LLEN', messages)
redis.call('LLEN', list)
redis.call('ZCARD', open)
redis.call('ZSCORE', turns, id)
redis.call('ZCARD', failed)
redis.call('HGET', counts, 'open')
redis.call('LLEN', history)
redis.call('ZCARD', marks)
local state, size = h[1], tonumber(h[4])
if not state or h[13] ~= c then return { 'gone' } end
if h[2] ~= ARGV[3] then return { 'fenced' } end
if state == 'answered' or state == 'failed' or state == 'waiting' then return { 'already' } end
if state ~= 'running' then return { 'fenced' } end

local function wait(forMs)
  redis.call('ZADD', turns, now + forMs, id)
  if tonumber(forMs) < wakeMs then redis.call('PUBLISH', channel, '') end
  return { 'waiting' }
end
local answerless = ARGV[kind == 'failed' and 12 or 14]
if (kind == 'failed' or kind == 'retry') and answerless == '1' and h[11] and not touched(batch, h[12]) then
  redis.call('HSET', batch, 'state', 'waiting', 'starts', 0)
  return wait(0)
end
if kind == 'giveBack' then
  redis.call('HSET', batch, 'state', 'waiting', 'starts', math.max(0, h[9] - 1))
  return wait(ARGV[11])
end
if kind == 'park' then
  redis.call('HSET', batch, 'state', 'waiting', 'retries', h[3] + 1, 'starts', 0)
  if ARGV[12] then redis.call('HSET', batch, 'heard', ARGV[12]) end
  -- It may have come before this was told.
  return wait(h[11] and 0 or ARGV[11])
end
if kind == 'retry' and tonumber(h[3]) < tonumber(ARGV[12]) then
  redis.call('HSET', batch, 'state', 'waiting', 'retries', h[3] + 1, 'starts', 0)
  return wait(ARGV[11])
end
if kind == 'retry' or kind == 'failed' then
  fail(batch, turns, failed, counts, id, kind == 'retry' and ARGV[13] or ARGV[11], now)
  free(conversation, open, counts, channel, c, id, now, wakeMs)
  return { 'failed' }
end
redis.call('ZREM', turns, id)
if kind == 'answered' then
  if ARGV[11] then
    redis.call('HSET', batch, 'p' .. ARGV[11], 'sent:' .. ARGV[12])
    mark(marks, ARGV[13], ARGV[14], now)
  end
  settled(batch, messages, id, counts, size, history, ARGV[5], ARGV[9], ARGV[10], now)
  free(conversation, open, counts, channel, c, id, now, wakeMs)
  return { 'answered' }
end

local turn = { size, h[5], h[6], h[7], tonumber(o[8] or 0) > now and HELD_MAX or h[8] }
local back = reopen(batch, messages, conversation, list, turn, o, ARGV[11], tonumber(ARGV[12]),
  (h[10] or 0) + 1, h[14], now)
flight(counts, c, -1)
arm(open, channel, c .. '|' .. back[1], effective(back[2], back[3], back[4], back[5]),
  false, tonumber(o[8] or 0), now, wakeMs)
return { 'reopened' }
