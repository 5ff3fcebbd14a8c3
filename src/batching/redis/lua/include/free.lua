-- The turn is over: what came meanwhile is due by its own deadline.
local function free(conversation, open, counts, channel, c, now, wakeMs)
  local h = redis.call('HMGET', conversation, 'id', 'due', 'last', 'n', 'max', 'hold')
  redis.call('HDEL', conversation, 'turn')
  flight(counts, c, -1)
  if h[1] then
    local due = effective(tonumber(h[2]), tonumber(h[3]), tonumber(h[4]), tonumber(h[5]))
    arm(open, channel, c .. '|' .. h[1], due, false, tonumber(h[6] or 0), now, wakeMs)
  else
    bare(conversation, now)
  end
end

-- Kept with its reason until somebody retries or discards it.
local function fail(batch, turns, failed, counts, id, reason, now)
  local size = redis.call('HGET', batch, 'size')
  redis.call('HSET', batch, 'state', 'failed', 'reason', reason, 'settled', now)
  redis.call('ZREM', turns, id)
  redis.call('ZADD', failed, now, id)
  redis.call('HINCRBY', counts, 'open', -size)
  redis.call('HINCRBY', counts, 'failed', size)
end
