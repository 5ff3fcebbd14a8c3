-- Ids that were known already.
local known = 0

-- The messages from argument i on of which the ids were not seen since, and how many of those up to
-- `loud`.
local function unknown(ids, i, n, loud, since)
  local found, louds = {}, 0
  for k = 0, n - 1 do
    local seen = redis.call('ZSCORE', ids, ARGV[i + 2 * k])
    if seen and tonumber(seen) > since then
      known = known + 1
    else
      found[#found + 1] = ARGV[i + 2 * k + 1]
      if k < loud then louds = louds + 1 end
    end
  end
  return found, louds
end

-- How many batches of this id are here already, and else what of it comes back.
local function comeback(id, isHere, ids, i, n, loud, since)
  if id == '' then return 0, {}, 0 end
  if isHere then return 1, {}, 0 end
  return 0, unknown(ids, i, n, loud, since)
end
