#!lua
--[[ restore-batch: a settled batch of a backup comes back as it was settled.
KEYS    batch messages conversation ids failed counts
ARGV    now batchId dryRun dedupeMs state reason settled leftMs isCounted nFields, then field value…,
        then per message: idHash payload     leftMs: of its retention; reason: of a failed one;
        isCounted: 1 = it is in the counts already, of another partition
RETURNS {there, 0} | {known, n} | {done, n}     n: messages that came back, or of which the ids are known
REPEAT  the second call answers there ]]
--@include now
--@include chunks
local batch, messages, conversation, ids, failed, counts = unpack(KEYS)
local now, id, dry, state, reason = clock(ARGV[1]), ARGV[2], ARGV[3] == '1', ARGV[5], ARGV[6]
local there = redis.call('HGET', batch, 'state') or redis.call('HGET', conversation, 'id') == id
local isAside = reason == 'late' or reason == 'stale' or reason == 'unreadable'
local entry = redis.call('HGET', conversation, reason)
redis.call('LLEN', messages)
redis.call('ZCARD', failed)
redis.call('HGET', counts, 'failed')
local first, payloads, scores = 11 + 2 * ARGV[10], {}, {}
for i = first, #ARGV, 2 do
  local seen = redis.call('ZSCORE', ids, ARGV[i])
  if state == 'answered' or not (seen and tonumber(seen) > now - ARGV[4]) then
    payloads[#payloads + 1] = ARGV[i + 1]
    scores[#scores + 1], scores[#scores + 2] = now, ARGV[i]
  end
end
local n = #payloads
if there then return { 'there', 0 } end
if n == 0 then return { 'known', (#ARGV - first + 1) / 2 } end
if dry then return { 'done', n } end
inChunks(payloads, function(...) redis.call('RPUSH', messages, ...) end)
for i = 11, first - 1, 2 do redis.call('HSET', batch, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', batch, 'size', n)
if ARGV[9] ~= '1' then
  redis.call('HINCRBY', counts, 'accepted', n)
  redis.call('HINCRBY', counts, state, n)
end
if state == 'answered' then
  for _, key in ipairs({ batch, messages }) do redis.call('PEXPIRE', key, ARGV[8]) end
  return { 'done', n }
end
inChunks(scores, function(...) redis.call('ZADD', ids, ...) end)
if redis.call('PTTL', ids) < tonumber(ARGV[4]) then redis.call('PEXPIRE', ids, ARGV[4]) end
redis.call('ZADD', failed, ARGV[7], id)
if isAside and redis.call('HGET', batch, 'attempt') == '0' then
  -- One entry of its kind collects; this one does not, where there is one.
  if entry then
    redis.call('HSET', batch, 'attempt', 1)
  else
    redis.call('HSET', conversation, reason, id)
    redis.call('PERSIST', conversation)
  end
end
return { 'done', n }
