-- What was said last, newest first; named only, so that its text goes when the batch goes.
local function remember(history, id, turns, ms)
  if tonumber(turns) == 0 or tonumber(ms) == 0 then return end
  redis.call('LPUSH', history, id)
  redis.call('LTRIM', history, 0, turns - 1)
  redis.call('PEXPIRE', history, ms)
end
