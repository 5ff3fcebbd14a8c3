#!lua
--[[ repair-alias: an alias that leads in a circle is none any more.
KEYS    alias
ARGV    now to       where it led when the circle was seen
RETURNS 1 | 0 when it leads elsewhere by now
REPEAT  safe: the second call answers 0 ]]
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
return 1
