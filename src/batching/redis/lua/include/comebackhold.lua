-- Whether a hold of a backup outlasts the one that is here: the longer one stands, and a stop above
-- all others. h: id turn hold why under.
local function outlasts(h, untilAt, why, under, now)
  if not untilAt or untilAt <= now then return false end
  local is, at, below = h[4] or 'paused', tonumber(h[3] or 0), tonumber(h[5] or 0)
  if at <= now then return true end
  if is == 'stopped' then
    return why ~= 'stopped' and untilAt > below or (under and under > now and under > below) or false
  end
  return why == 'stopped' or untilAt > at
end

local function putHold(conversation, held, c, atMs, why, now)
  local was = redis.call('HMGET', conversation, 'hold', 'why', 'under')
  setHold(conversation, held, c, was, atMs >= FOREVER and '' or atMs - now, why, '1', now)
end
