-- The hold and the list of holds are brought to agree; answers the end of the hold. Nobody is spoken to
-- because the end of a silence cannot be read.
local function mendHold(conversation, held, c, hold, heldUntil, now, mends)
  if hold and not isNumber(hold) then
    tell('window_damaged', 'hold')
    hold = FOREVER
    if mends then redis.call('HSET', conversation, 'hold', hold) end
  end
  hold = tonumber(hold or 0)
  if hold > now and heldUntil == 0 then
    tell('hold_untracked')
    if mends then redis.call('ZADD', held, hold, c) end
  elseif hold <= now and heldUntil > now then
    tell('hold_stale')
    if mends then redis.call('ZREM', held, c) end
  end
  return hold
end
