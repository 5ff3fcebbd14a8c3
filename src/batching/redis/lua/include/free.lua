-- The turn is over: what came meanwhile is due by its own deadline. Where another turn is pointed at,
-- it waits for that one.
local function rearm(conversation, open, channel, c, id, now, wakeMs)
  local h = redis.call('HMGET', conversation, 'id', 'due', 'last', 'n', 'max', 'hold', 'turn')
  if h[7] and h[7] ~= id then return end
  redis.call('HDEL', conversation, 'turn')
  local due, last, n, max = tonumber(h[2]), tonumber(h[3]), tonumber(h[4]), tonumber(h[5])
  if h[1] and due and last and n and max then
    arm(open, channel, c .. '|' .. h[1], effective(due, last, n, max), false, tonumber(h[6] or 0) or 0, now, wakeMs)
  elseif h[1] then
    -- Nobody can say how long it waits: whoever looks at it will see that.
    redis.call('ZADD', open, now, c .. '|' .. h[1])
  else
    bare(conversation, now)
  end
end

local function free(conversation, open, counts, channel, c, id, now, wakeMs)
  rearm(conversation, open, channel, c, id, now, wakeMs)
  flight(counts, c, -1)
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
