#!lua
--[[ adopt: gives a list that the original's own API left behind a deadline, and takes its TTL away.
KEYS    list mirror conversation open counts
ARGV    now newBatchId c idleMs ageMs maxSize wakeMs channel
RETURNS 1 | 0 when it is ours already or empty
REPEAT  safe ]]
--@include now
--@include arm
local list, mirror, conversation, open, counts = unpack(KEYS)
local now, id, idleMs, max = clock(ARGV[1]), ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[6])
local h = redis.call('HMGET', conversation, 'id', 'turn', 'hold')
local size = redis.call('LLEN', list)
redis.call('GET', mirror)
redis.call('ZCARD', open)
redis.call('HGET', counts, 'open')
if h[1] or size == 0 then return 0 end
redis.call('PERSIST', list)
redis.call('PERSIST', conversation)
local due = now + math.min(idleMs, tonumber(ARGV[5]))
redis.call('HSET', conversation, 'id', id, 'first', now, 'last', now, 'due', due, 'idle', idleMs,
  'age', ARGV[5], 'max', max, 'n', size, 'loud', size, 'over', size > max and now or 0)
redis.call('HINCRBY', counts, 'accepted', size)
redis.call('HINCRBY', counts, 'open', size)
arm(open, ARGV[8], ARGV[3] .. '|' .. id, effective(due, now, size, max), h[2],
  tonumber(h[3] or 0), now, tonumber(ARGV[7]))
return 1
