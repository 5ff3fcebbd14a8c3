-- A hold over nothing leaves nothing behind when it ends; a key with anything else has no TTL.
local function bare(conversation, now)
  local h = redis.call('HMGET', conversation, 'id', 'turn', 'late', 'stale', 'unreadable', 'hold')
  local hold = tonumber(h[6] or 0)
  if h[1] or h[2] or h[3] or h[4] or h[5] or hold == 0 then return end
  if hold <= now then
    redis.call('HDEL', conversation, 'hold', 'why', 'under', 'underwhy')
  elseif hold < 8000000000000000 then
    redis.call('PEXPIRE', conversation, hold - now)
  end
end

-- The open batch is no more.
local function close(conversation, mirror)
  redis.call('HDEL', conversation, 'id', 'first', 'last', 'due', 'idle', 'age', 'max', 'n', 'loud', 'over',
    'interrupts', 'extra', 'album')
  redis.call('DEL', mirror)
end
