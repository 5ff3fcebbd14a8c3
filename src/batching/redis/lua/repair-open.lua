#!lua
--[[ repair-open: what waits in a conversation and what is kept about it are brought to agree.
KEYS    list mirror conversation open counts held
ARGV    now mode c entry newBatchId idleMs ageMs maxSize wakeMs channel
        mode: look | mend · entry: a batch id that `open` names for it, '' = none
RETURNS {code, detail…}     what is (was, after mend) wrong
REPEAT  safe: the second call finds nothing ]]
--@include now
--@include arm
--@include bare
--@include sound
--@include mendhold
local list, mirror, conversation, open, counts, held = unpack(KEYS)
local now, mends, c, entry = clock(ARGV[1]), ARGV[2] == 'mend', ARGV[3], ARGV[4]
local idleMs, ageMs, max = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local WINDOW = { 'first', 'last', 'due', 'idle', 'age', 'max', 'n', 'loud', 'over', 'interrupts', 'extra' }
local h = redis.call('HMGET', conversation, unpack(WINDOW))
local id, turn, hold, late, stale, unreadable = unpack(redis.call('HMGET', conversation,
  'id', 'turn', 'hold', 'late', 'stale', 'unreadable'))
local size = redis.call('LLEN', list)
redis.call('GET', mirror)
redis.call('HGET', counts, 'open')
local isEntry = entry ~= '' and redis.call('ZSCORE', open, c .. '|' .. entry)
local score = redis.call('ZSCORE', open, c .. '|' .. (id or ''))
local heldUntil = tonumber(redis.call('ZSCORE', held, c) or 0)

hold = mendHold(conversation, held, c, hold, heldUntil, now, mends)

local function put(due, last, n, most)
  arm(open, ARGV[10], c .. '|' .. id, effective(due, last, n, most), turn, hold, now, tonumber(ARGV[9]))
end

if not id and size > 0 then
  -- Those that were due somewhere were counted in; what others pushed was not.
  tell('list_without_deadline', tostring(size))
  if mends then
    id = ARGV[5]
    redis.call('HSET', conversation, 'id', id, 'first', now, 'last', now,
      'due', now + math.min(idleMs, ageMs), 'idle', idleMs, 'age', ageMs, 'max', max, 'n', size,
      'loud', size, 'over', size > max and now or 0)
    if not isEntry then
      redis.call('HINCRBY', counts, 'accepted', size)
      redis.call('HINCRBY', counts, 'open', size)
    end
    put(now + math.min(idleMs, ageMs), now, size, max)
  end
elseif id and size == 0 then
  local n = isNumber(h[7]) and h[7] or '0'
  tell('batch_without_list', n)
  if mends then
    close(conversation, mirror)
    redis.call('ZREM', open, c .. '|' .. id)
    redis.call('HINCRBY', counts, 'open', -n)
    redis.call('HINCRBY', counts, 'discarded', n)
    bare(conversation, now)
    id = false
  end
elseif id then
  local usual = { now, now, now + math.min(idleMs, ageMs), idleMs, ageMs, max, size, size, 0, 0, 0 }
  local broken = {}
  for i, name in ipairs(WINDOW) do
    -- The last two are not there before they are needed.
    if (h[i] or i < 10) and not isNumber(h[i]) or (name == 'max' and tonumber(h[i]) < 1) then
      broken[#broken + 1] = name
      h[i] = usual[i]
      if mends then redis.call('HSET', conversation, name, usual[i]) end
    end
  end
  if #broken > 0 then tell('window_damaged', table.concat(broken, ' ')) end
  -- With no turn to wait for and no hold without an end, it would wait for ever.
  local isLost = not score or (tonumber(score) == math.huge and not turn and hold < FOREVER)
  if isLost then tell('deadline_lost', tostring(size)) end
  if mends and (isLost or #broken > 0) then
    put(tonumber(h[3]), tonumber(h[2]), tonumber(h[7]), tonumber(h[6]))
  end
end

if isEntry and entry ~= id then
  if size == 0 or found[1] ~= 'list_without_deadline' then tell('entry_stale', entry) end
  if mends then redis.call('ZREM', open, c .. '|' .. entry) end
end
local keeps = id or turn or late or stale or unreadable
if size > 0 and redis.call('PTTL', list) >= 0 then
  tell('expires', 'messages')
  if mends then redis.call('PERSIST', list) end
end
if keeps and redis.call('PTTL', conversation) >= 0 then
  tell('expires', 'conversation')
  if mends then redis.call('PERSIST', conversation) end
end
return found
