-- Whether something of the answer went out, or may have.
local function touched(batch, parts)
  for i = 0, tonumber(parts or 0) - 1 do
    if redis.call('HEXISTS', batch, 'p' .. i) == 1 then return true end
  end
  return false
end
