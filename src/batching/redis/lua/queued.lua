#!lua
--[[ queued: the queue has these turns; look again later, in case a job is lost.
KEYS    turns counts batch…
ARGV    now queuedMs, and of each batch: batchId attempt
RETURNS {how many it confirmed}
REPEAT  safe ]]
--@include now
local turns, counts = KEYS[1], KEYS[2]
local at = clock(ARGV[1]) + ARGV[2]
redis.call('ZCARD', turns)
redis.call('HGET', counts, 'sealed')
local confirmed, seen = {}, {}
for i = 3, #KEYS do
  local id, attempt = ARGV[2 * i - 3], ARGV[2 * i - 2]
  local h = redis.call('HMGET', KEYS[i], 'state', 'attempt')
  if h[1] == 'sealed' and h[2] == attempt and not seen[id] then
    seen[id] = true
    confirmed[#confirmed + 1] = { KEYS[i], id }
  end
end
if #confirmed == 0 then return { 0 } end
for _, turn in ipairs(confirmed) do
  redis.call('HSET', turn[1], 'state', 'queued')
  redis.call('ZADD', turns, at, turn[2])
end
redis.call('HINCRBY', counts, 'sealed', -#confirmed)
return { #confirmed }
