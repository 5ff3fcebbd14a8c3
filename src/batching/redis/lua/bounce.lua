#!lua
--[[ bounce: a part of an answered batch did not arrive, so the batch is failed; kept until somebody
     retries or discards it.
KEYS    batch messages failed counts
ARGV    now batchId part reason
RETURNS {done | gone | busy}
REPEAT  safe: the second call answers done again ]]
--@include now
local batch, messages, failed, counts = unpack(KEYS)
local now, part, reason = clock(ARGV[1]), tonumber(ARGV[3]), ARGV[4]
local h = redis.call('HMGET', batch, 'state', 'reason', 'parts', 'settled', 'size')
redis.call('LLEN', messages)
redis.call('ZCARD', failed)
redis.call('HGET', counts, 'failed')
local state, parts = h[1], tonumber(h[3] or 0)
if not state then return { 'gone' } end
if state == 'failed' then
  if h[2] ~= reason then return { 'gone' } end
elseif state ~= 'answered' then
  return { 'busy' }
elseif h[2] or part >= parts then
  -- A reason has what was answered by a human, and reactions that nobody answers.
  return { 'gone' }
else
  -- In the history it stands where it was answered.
  redis.call('HSET', batch, 'state', 'failed', 'reason', reason, 'settled', now, 'told', h[4])
  redis.call('PERSIST', batch)
  redis.call('PERSIST', messages)
  redis.call('ZADD', failed, now, ARGV[2])
  redis.call('HINCRBY', counts, 'answered', -h[5])
  redis.call('HINCRBY', counts, 'failed', h[5])
end
for i = part, parts - 1 do redis.call('HDEL', batch, 'p' .. i) end
return { 'done' }
