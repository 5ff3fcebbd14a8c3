#!lua flags=allow-oom
--[[ discard: drops an open batch; a turn in flight goes on, and the ids stay known.
KEYS    list mirror conversation open counts alias
ARGV    now c
RETURNS how many messages were dropped
REPEAT  safe: the second call drops 0 ]]
--@include now
--@include bare
--@include elsewhere
local list, mirror, conversation, open, counts, alias = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local h = redis.call('HMGET', conversation, 'id', 'n')
local size = redis.call('LLEN', list)
redis.call('GET', mirror)
redis.call('ZCARD', open)
redis.call('HGET', counts, 'open')
redis.call('DEL', list, mirror)
if not h[1] then return size end
close(conversation, mirror)
redis.call('ZREM', open, ARGV[2] .. '|' .. h[1])
-- What others pushed beside us was never counted in.
redis.call('HINCRBY', counts, 'open', -h[2])
redis.call('HINCRBY', counts, 'discarded', h[2])
bare(conversation, clock(ARGV[1]))
return size
