-- Holds the conversation; over nothing else it leaves nothing behind when it ends.
local function setHold(conversation, held, c, untilAt, why, now)
  redis.call('HSET', conversation, 'hold', untilAt, 'why', why)
  redis.call('PERSIST', conversation)
  redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
  redis.call('ZADD', held, untilAt, c)
  bare(conversation, now)
end
