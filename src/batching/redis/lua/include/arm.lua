-- A hold's end is kept apart from deadlines, so that neither hides the other in a range.
local HELD = 10000000000000
local FOREVER = 8000000000000000
-- What gathers during a hold is one turn at its end, as far as a turn may be long.
local HELD_MAX = 500

-- Due by its own rules: full means at once.
local function effective(due, last, size, max)
  if size >= max and last < due then return last end
  return due
end

-- Puts an open batch where a processor looks for it, and wakes one that may sleep too long.
local function arm(open, channel, member, due, turn, hold, now, wakeMs)
  local score = due
  if turn then
    score = '+inf'
  elseif hold >= FOREVER then
    score = '+inf'
  elseif hold > now then
    score = HELD + math.max(hold, due)
  end
  redis.call('ZADD', open, score, member)
  if score == due and due - now < wakeMs then redis.call('PUBLISH', channel, '') end
end
