#!lua
--[[ retry: a failed batch becomes a turn again, due at once, and goes on at its first unsent part.
KEYS    batch conversation former open turns failed counts alias
ARGV    now batchId c channel             former: the hash of the conversation that it failed in, mostly the same
RETURNS {done | none | busy | held}
REPEAT  the second call answers none ]]
--@include now
--@include flight
--@include elsewhere
local batch, conversation, former, open, turns, failed, counts, alias = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local now, id = clock(ARGV[1]), ARGV[2]
local h = redis.call('HMGET', batch, 'state', 'size')
local aside = { 'late', 'stale', 'unreadable' }
local o = redis.call('HMGET', conversation, 'turn', 'id', 'hold')
local entries = redis.call('HMGET', former, unpack(aside))
redis.call('ZCARD', open)
redis.call('ZCARD', turns)
redis.call('ZSCORE', failed, id)
redis.call('HGET', counts, 'failed')
if h[1] ~= 'failed' then return { 'none' } end
if o[1] then return { 'busy' } end
if tonumber(o[3] or 0) > now then return { 'held' } end
redis.call('HSET', batch, 'c', ARGV[3], 'state', 'waiting', 'starts', 0, 'retries', 0)
redis.call('HDEL', batch, 'reason', 'settled', 'sorry')
redis.call('HINCRBY', batch, 'epoch', 1)
redis.call('HSET', conversation, 'turn', id)
redis.call('PERSIST', conversation)
for i, reason in ipairs(aside) do
  if entries[i] == id then redis.call('HDEL', former, reason) end
end
if o[2] then redis.call('ZADD', open, '+inf', ARGV[3] .. '|' .. o[2]) end
redis.call('ZREM', failed, id)
redis.call('ZADD', turns, now, id)
flight(counts, ARGV[3], 1)
redis.call('HINCRBY', counts, 'failed', -h[2])
redis.call('HINCRBY', counts, 'open', h[2])
redis.call('PUBLISH', ARGV[4], '')
return { 'done' }
