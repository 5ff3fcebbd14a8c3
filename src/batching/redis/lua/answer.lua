#!lua
--[[ answer: the answer of a turn came from elsewhere; the first draft stands.
KEYS    batch turns
ARGV    now batchId json parts channel
RETURNS {done | already | gone}
REPEAT  the second call answers already ]]
--@include now
local batch, turns = unpack(KEYS)
local h = redis.call('HMGET', batch, 'state', 'draft')
redis.call('ZCARD', turns)
local state = h[1]
if not state or state == 'answered' or state == 'failed' then return { 'gone' } end
if h[2] then return { 'already' } end
redis.call('HSET', batch, 'draft', ARGV[3], 'parts', ARGV[4])
if state == 'waiting' then
  redis.call('ZADD', turns, clock(ARGV[1]), ARGV[2])
  redis.call('PUBLISH', ARGV[5], '')
end
return { 'done' }
