#!lua
--[[ queued: the queue has the turn; look again later, in case the job is lost.
KEYS    batch turns counts
ARGV    now batchId attempt queuedMs
RETURNS {done | ignored}
REPEAT  safe ]]
--@include now
local batch, turns, counts = unpack(KEYS)
local now = clock(ARGV[1])
local h = redis.call('HMGET', batch, 'state', 'attempt')
redis.call('ZSCORE', turns, ARGV[2])
redis.call('HGET', counts, 'sealed')
if h[1] ~= 'sealed' or h[2] ~= ARGV[3] then return { 'ignored' } end
redis.call('HSET', batch, 'state', 'queued')
redis.call('ZADD', turns, now + ARGV[4], ARGV[2])
redis.call('HINCRBY', counts, 'sealed', -1)
return { 'done' }
