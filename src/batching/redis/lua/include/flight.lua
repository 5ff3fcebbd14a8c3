-- Turns in flight of a tenant, as its keys spell it; answers how many there are now.
local function flight(counts, c, n)
  local colon = string.find(c, ':', 1, true)
  return redis.call('HINCRBY', counts, 't:' .. (colon and string.sub(c, 1, colon - 1) or ''), n)
end
