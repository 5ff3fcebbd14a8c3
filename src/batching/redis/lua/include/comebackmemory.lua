-- What a conversation remembers, from the arguments from i on: ids, marks of what was sent, the past.
-- The ids of n messages, of which some may be known by now.
local function putSeen(ids, i, n, now)
  for k = 0, n - 1 do
    if not redis.call('ZSCORE', ids, ARGV[i + 2 * k]) then redis.call('ZADD', ids, now, ARGV[i + 2 * k]) end
  end
end

local function putMarks(marks, from, to, now)
  local last = 0
  for i = from, to, 2 do
    if tonumber(ARGV[i + 1]) > now then
      redis.call('ZADD', marks, 'GT', ARGV[i + 1], ARGV[i])
      last = math.max(last, ARGV[i + 1] - now)
    end
  end
  if last > 0 and redis.call('PTTL', marks) < last then redis.call('PEXPIRE', marks, string.format('%.0f', last)) end
end

-- What comes back is older than what was said here since.
local function putPast(history, past, from, n, turns, ms)
  if turns == 0 or ms == 0 then return end
  local isPast, added = {}, 0
  for _, id in ipairs(past) do isPast[id] = true end
  for i = from + n - 1, from, -1 do
    if not isPast[ARGV[i]] then
      redis.call('RPUSH', history, ARGV[i])
      added = added + 1
    end
  end
  if added == 0 then return end
  redis.call('LTRIM', history, 0, turns - 1)
  redis.call('PEXPIRE', history, ms)
end
