local function putTurn(batch, messages, c, turn, from, to)
  inChunks(turn, function(...) redis.call('RPUSH', messages, ...) end)
  for i = from, to, 2 do redis.call('HSET', batch, ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', batch, 'c', c, 'size', #turn)
end

-- A turn beside another one in flight: nobody answers it unasked.
local function putFailed(batch, failed, counts, id, size, now)
  redis.call('HINCRBY', counts, 'accepted', size)
  redis.call('HINCRBY', counts, 'failed', size)
  redis.call('HSET', batch, 'state', 'failed', 'reason', 'restored', 'settled', now)
  redis.call('ZADD', failed, now, id)
end

-- Looked at now, but for one that waits for its time.
local function putInFlight(turns, counts, c, id, size, state, lookAt, now)
  redis.call('HINCRBY', counts, 'accepted', size)
  redis.call('HINCRBY', counts, 'open', size)
  redis.call('ZADD', turns, state == 'waiting' and lookAt or now, id)
  if state == 'sealed' then redis.call('HINCRBY', counts, 'sealed', 1) end
  flight(counts, c, 1)
end
