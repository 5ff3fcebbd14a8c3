#!lua flags=allow-oom
--[[ beat: a role is alive; answers which others are. Runs when full: they are, all the same.
KEYS    roles held store
ARGV    now freshMs role                      role: JSON, '' = only ask
RETURNS {whose the store is, role, ageMs…}
REPEAT  safe ]]
--@include now
local roles, held, store = unpack(KEYS)
local now = clock(ARGV[1])
redis.call('ZCARD', held)
local name = redis.call('GET', store) or ''
if ARGV[3] ~= '' then redis.call('ZADD', roles, now, ARGV[3]) end
redis.call('ZREMRANGEBYSCORE', roles, '-inf', now - 60000)
-- Holds that have ended are nobody's to look at.
redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
-- Nobody is alive in the future: the clock was put back.
local found = redis.call('ZRANGEBYSCORE', roles, '(' .. now - ARGV[2], now + ARGV[2], 'WITHSCORES')
for i = 2, #found, 2 do found[i] = string.format('%.0f', now - found[i]) end
table.insert(found, 1, name)
return found
