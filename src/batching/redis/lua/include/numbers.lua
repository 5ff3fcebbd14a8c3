-- What somebody else wrote into our fields stops a script before its first write, and not in the middle.
local function noNumber(h, ...)
  for _, i in ipairs({ ... }) do
    if h[i] and not tonumber(h[i]) then return redis.error_reply('ERR hash value is not a valid float') end
  end
end
