#!lua
--[[ postpone: an open batch that could not be sealed is looked at again later.
KEYS    open
ARGV    now member forMs
RETURNS 1 | 0 when it is not there any more
REPEAT  safe ]]
--@include now
redis.call('ZADD', KEYS[1], 'XX', clock(ARGV[1]) + ARGV[3], ARGV[2])
return 1
