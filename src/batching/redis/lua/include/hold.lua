-- Holds the conversation; over nothing else it leaves nothing behind when it ends. The longer of two
-- stands where `atLeast` asks for it; a stop lies above all others, which go on below it. why '' ends
-- every hold. h: hold why under. Answers the end of the hold that there is.
local function setHold(conversation, held, c, h, forMs, why, atLeast, now)
  local hold, under = tonumber(h[1] or 0), tonumber(h[3] or 0)
  local untilAt = forMs == '' and FOREVER or now + forMs
  if why == '' then
    redis.call('HDEL', conversation, 'hold', 'why', 'under', 'underwhy')
    redis.call('ZREM', held, c)
    return 0
  end
  if hold > now and h[2] == 'stopped' then
    if why ~= 'stopped' and not (atLeast == '1' and under >= untilAt) then
      redis.call('HSET', conversation, 'under', untilAt, 'underwhy', why)
    end
    return hold
  end
  if why == 'stopped' then
    untilAt = FOREVER
    if hold > now then redis.call('HSET', conversation, 'under', hold, 'underwhy', h[2] or 'paused') end
  elseif atLeast == '1' and hold >= untilAt then
    return hold
  end
  redis.call('HSET', conversation, 'hold', untilAt, 'why', why)
  if untilAt > now and redis.call('HEXISTS', conversation, 'id') == 1 then
    redis.call('HSET', conversation, 'max', HELD_MAX)
  end
  redis.call('PERSIST', conversation)
  redis.call('ZADD', held, untilAt, c)
  bare(conversation, now)
  return untilAt
end
