-- What comes back goes to the front of the open batch that is here. o: id first last due idle loud n.
local function joinFront(conversation, list, batch, messages, o, size, max, now)
  local inFlight = redis.call('HGET', conversation, 'turn')
  reopen(batch, messages, conversation, list, { size, ARGV[20], ARGV[21], ARGV[25], max },
    o, ARGV[10], 0, ARGV[28], ARGV[29], now)
  if inFlight then redis.call('HSET', conversation, 'turn', inFlight) end
end

-- Before what others pushed to a list that nobody has given a deadline yet.
local function putOpen(conversation, list, mirror, payloads, loud, max, isWhole)
  for i = #payloads, 1, -1 do redis.call('LPUSH', list, payloads[i]) end
  redis.call('PERSIST', list)
  local over = ARGV[27]
  if not isWhole and #payloads <= max then over = 0 end
  redis.call('HSET', conversation, 'id', ARGV[10], 'first', ARGV[20], 'last', ARGV[21], 'due', ARGV[22],
    'idle', ARGV[23], 'loud', loud, 'age', ARGV[25], 'max', max, 'over', over, 'interrupts', ARGV[28],
    'extra', ARGV[29], 'album', ARGV[30], 'n', #payloads)
  redis.call('SET', mirror, ARGV[21], 'PX', ARGV[5])
end

local function armOpen(conversation, open, channel, c, hold, wakeMs, now)
  local w = redis.call('HMGET', conversation, 'id', 'turn', 'due', 'last', 'n', 'max')
  if w[1] or w[2] then redis.call('PERSIST', conversation) end
  if not w[1] then return end
  local due = effective(tonumber(w[3]), tonumber(w[4]), tonumber(w[5]), tonumber(w[6]))
  arm(open, channel, c .. '|' .. w[1], due, w[2], hold, now, wakeMs)
end
