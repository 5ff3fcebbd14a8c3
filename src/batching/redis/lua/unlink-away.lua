#!lua
--[[ unlink-away: an alias leads nowhere any more.
KEYS    alias
ARGV    now to
RETURNS 1, or 0 when it leads elsewhere or nowhere
REPEAT  safe ]]
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])
