-- Holds the conversation; over nothing else it leaves nothing behind when it ends. What holds already
-- stands when it is longer and `atLeast` asks for no more; who opted out is held by nothing else.
-- Answers the end of the hold that there is.
local function setHold(conversation, held, c, hold, was, forMs, why, atLeast, now)
  local untilAt = forMs == '' and FOREVER or now + forMs
  if hold > now and was == 'stopped' and why ~= 'stopped' then return hold end
  if atLeast == '1' and (hold > untilAt or (hold == untilAt and why ~= 'stopped')) then return hold end
  redis.call('HSET', conversation, 'hold', untilAt, 'why', why)
  redis.call('PERSIST', conversation)
  redis.call('ZADD', held, untilAt, c)
  bare(conversation, now)
  return untilAt
end
