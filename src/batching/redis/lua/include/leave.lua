-- The turn is nobody's any more.
local function leave(id, turns, counts, c, state)
  if state == 'sealed' then redis.call('HINCRBY', counts, 'sealed', -1) end
  redis.call('ZREM', turns, id)
  flight(counts, c, -1)
end
