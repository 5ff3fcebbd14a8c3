-- As many arguments a call as Lua can unpack.
local function inChunks(all, call)
  for i = 1, #all, 1000 do call(unpack(all, i, math.min(i + 999, #all))) end
end

-- n pairs of the arguments from i on, turned around where a sorted set wants them so.
local function pairsFrom(i, n)
  local turned = {}
  for k = 0, n - 1 do
    turned[2 * k + 1], turned[2 * k + 2] = ARGV[i + 2 * k + 1], ARGV[i + 2 * k]
  end
  return turned
end
