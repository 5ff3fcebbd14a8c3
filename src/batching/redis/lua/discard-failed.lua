#!lua flags=allow-oom
--[[ discard-failed: drops a failed batch.
KEYS    batch messages conversation failed counts
ARGV    now batchId
RETURNS 1 | 0 when there is none
REPEAT  safe ]]
--@include now
--@include bare
local batch, messages, conversation, failed, counts = unpack(KEYS)
local h = redis.call('HMGET', batch, 'state', 'size', 'reason')
local aside = { 'late', 'stale', 'unreadable' }
local entries = redis.call('HMGET', conversation, unpack(aside))
redis.call('LLEN', messages)
redis.call('ZSCORE', failed, ARGV[2])
redis.call('HGET', counts, 'failed')
if h[1] ~= 'failed' then return 0 end
redis.call('DEL', batch, messages)
redis.call('ZREM', failed, ARGV[2])
for i, reason in ipairs(aside) do
  if entries[i] == ARGV[2] then redis.call('HDEL', conversation, reason) end
end
redis.call('HINCRBY', counts, 'failed', -h[2])
redis.call('HINCRBY', counts, 'discarded', h[2])
bare(conversation, clock(ARGV[1]))
return 1
