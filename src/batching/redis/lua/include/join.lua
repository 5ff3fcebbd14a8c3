local WINDOW = { 'id', 'first', 'last', 'due', 'idle', 'loud', 'n', 'age', 'max', 'over', 'interrupts',
  'extra', 'album' }

-- What is open here joins what is open there; `order` says whence each message comes, f or t.
local function joinLists(list, toList, toId, order)
  local mine, theirs = redis.call('LRANGE', list, 0, -1), toId and redis.call('LRANGE', toList, 0, -1) or {}
  local all, i, j = {}, 0, 0
  for place = 1, #order do
    if string.sub(order, place, place) == 'f' then
      i = i + 1
      all[place] = mine[i]
    else
      j = j + 1
      all[place] = theirs[j]
    end
  end
  redis.call('DEL', list)
  if toId then redis.call('DEL', toList) end
  for k = 1, #all, 1000 do redis.call('RPUSH', toList, unpack(all, k, math.min(k + 999, #all))) end
  redis.call('PERSIST', toList)
end

-- Where the n-th message of one side stands among all; 0 stays 0.
local function placeOf(order, side, n)
  local place = 0
  for _ = 1, n do place = string.find(order, side, place + 1, true) end
  return place
end

-- The window of both. f, o: WINDOW of what comes and of what is there. What is due stays due; else the
-- longer wait, as when the later message came to the other one.
local function joinWindows(conversation, f, o, order, isHeld, now)
  local h = {}
  for i, value in ipairs(f) do h[i] = value or 0 end
  if o[1] then
    local later = tonumber(f[3]) > tonumber(o[3]) and f or o
    local a, b, first = tonumber(f[4]), tonumber(o[4]), math.min(f[2], o[2])
    local due, fOver, oOver = math.min(a, b), tonumber(f[10] or 0), tonumber(o[10] or 0)
    if due > now then due = math.min(math.max(a, b), first + later[8]) end
    -- One that gathered during a hold stays one turn.
    isHeld = isHeld or tonumber(f[9]) == HELD_MAX or tonumber(o[9]) == HELD_MAX
    local fExtra, oExtra = tonumber(f[12] or 0), tonumber(o[12] or 0)
    local more = later == f and oExtra or fExtra
    local max, over = isHeld and HELD_MAX or math.min(HELD_MAX, later[9] + more), 0
    if #order > max then
      over = fOver > 0 and oOver > 0 and math.min(fOver, oOver) or math.max(fOver, oOver)
      if over == 0 then over = now end
    end
    h = { o[1], first, later[3], due, later[5],
      math.max(placeOf(order, 'f', tonumber(f[6])), placeOf(order, 't', tonumber(o[6]))), #order,
      later[8], max, over, math.max(f[11] or 0, o[11] or 0), fExtra + oExtra,
      (string.sub(order, -1) == 'f' and f or o)[13] }
  elseif isHeld then
    h[9] = HELD_MAX
  end
  -- What others pushed to the list of what comes was not counted so far.
  h[7] = #order
  local fields = {}
  for i, name in ipairs(WINDOW) do
    fields[2 * i - 1], fields[2 * i] = name, h[i] or 0
  end
  redis.call('HSET', conversation, unpack(fields))
end

-- A hold of what comes, beside what holds there.
local function joinHold(conversation, held, c, untilAt, why, now)
  local h = redis.call('HMGET', conversation, 'hold', 'why', 'under')
  setHold(conversation, held, c, h, untilAt >= FOREVER and '' or untilAt - now, why, '1', now)
end

-- Ids and marks: of one that both have, the later time counts.
local function joinScores(from, to)
  local found, chunk = redis.call('ZRANGE', from, 0, -1, 'WITHSCORES'), {}
  for i = 1, #found, 2 do
    chunk[#chunk + 1], chunk[#chunk + 2] = found[i + 1], found[i]
    if #chunk == 1000 or i + 1 == #found then
      redis.call('ZADD', to, 'GT', unpack(chunk))
      chunk = {}
    end
  end
  local ttl = redis.call('PTTL', from)
  if ttl > redis.call('PTTL', to) then redis.call('PEXPIRE', to, ttl) end
end
