-- Where the messages begin among the arguments that were not seen before, one of each id; and how many were.
local function unseen(ids, first, step, now, dedupeMs)
  local fresh, known, duplicates = {}, {}, 0
  for i = first, #ARGV, step do
    local seen = known[ARGV[i]] or redis.call('ZSCORE', ids, ARGV[i])
    if seen and tonumber(seen) > now - dedupeMs then
      duplicates = duplicates + 1
    else
      known[ARGV[i]] = now
      fresh[#fresh + 1] = i
    end
  end
  return fresh, duplicates
end
