#!lua
--[[ restore: a conversation of a backup comes back. A batch that is known here is left alone, and a
     message whose id is known is not doubled.
KEYS    alias conversation list mirror ids marks history open turns failed held counts turnBatch turnMessages openBatch openMessages toAlias
ARGV    now c dryRun dedupeMs mirrorMs wakeMs channel historyTurns historyMs
        openId turnId turnState lookAt hold why under underwhy to leftMs    '' = none
        first last due idle loud age max over interrupts extra album of the open batch
        nFields nTurn nOpen nKnown nMarks nPast, then field value… of the turn, idHash payload… of the
        turn, idHash payload… of the open batch, idHash seen…, hash until…, entry… oldest first
RETURNS {done, batches, messages, joined, failed, there, known, holds, aliases}
REPEAT  safe: the second call finds all of it there ]]
--@include now
--@include arm
--@include bare
--@include hold
--@include flight
--@include reopen
--@include elsewhere
--@include chunks
local alias, conversation, list, mirror, ids, marks, history, open, turns, failed, held, counts, turnBatch, turnMessages, openBatch, openMessages, toAlias = unpack(KEYS)
local now, c, dry, dedupeMs = clock(ARGV[1]), ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local openId, turnId, channel = ARGV[10], ARGV[11], ARGV[7]
local leads = redis.call('GET', alias)
if leads and ARGV[18] == '' then return elsewhere(alias) end
local h = redis.call('HMGET', conversation, 'id', 'turn', 'hold', 'why', 'under')
local o = redis.call('HMGET', conversation, 'id', 'first', 'last', 'due', 'idle', 'loud', 'n')
local beyond = redis.call('GET', toAlias)
local past = redis.call('LRANGE', history, 0, -1)
redis.call('LLEN', list)
local isTurn, isOpen = redis.call('HEXISTS', turnBatch, 'state') == 1, redis.call('HEXISTS', openBatch, 'state') == 1
redis.call('GET', mirror)
for _, key in ipairs({ ids, marks, open, turns, failed, held }) do redis.call('ZCARD', key) end
for _, key in ipairs({ turnMessages, openMessages }) do redis.call('LLEN', key) end
redis.call('HGET', counts, 'open')

local nFields, nTurn, nOpen, nKnown, nMarks, nPast = unpack(ARGV, 31, 36)
local fieldsAt = 37
local turnAt = fieldsAt + 2 * nFields
local openAt = turnAt + 2 * nTurn
local knownAt = openAt + 2 * nOpen
local marksAt = knownAt + 2 * nKnown
local pastAt = marksAt + 2 * nMarks

local there, known, holds, aliases = 0, 0, 0, 0
-- The messages from i on of which the ids are not known, and how many of those up to `loud`.
local function unknown(i, n, loud)
  local found, louds = {}, 0
  for k = 0, n - 1 do
    local seen = redis.call('ZSCORE', ids, ARGV[i + 2 * k])
    if seen and tonumber(seen) > now - dedupeMs then
      known = known + 1
    else
      found[#found + 1] = ARGV[i + 2 * k + 1]
      if k < loud then louds = louds + 1 end
    end
  end
  return found, louds
end
local turn, payloads, loud = {}, {}, 0
if turnId ~= '' then
  if isTurn or h[1] == turnId then there = there + 1 else turn = unknown(turnAt, nTurn, 0) end
end
if openId ~= '' then
  if isOpen or h[1] == openId then there = there + 1 else payloads, loud = unknown(openAt, nOpen, tonumber(ARGV[24])) end
end
local isBeside = #turn > 0 and h[2] and true or false
local joined = #payloads > 0 and h[1] and #payloads or 0
local until_, under = tonumber(ARGV[14]), tonumber(ARGV[16])
-- The longer hold stands, and a stop above all others.
local isLonger = false
if until_ and until_ > now then
  local is, at = h[4] or 'paused', tonumber(h[3] or 0)
  local below = tonumber(h[5] or 0)
  if at <= now then isLonger = true
  elseif is == 'stopped' then isLonger = ARGV[15] ~= 'stopped' and until_ > below or (under and under > now and under > below) or false
  else isLonger = ARGV[15] == 'stopped' or until_ > at end
end
if isLonger then holds = 1 end
local nothing = not h[1] and not h[2] and tonumber(h[3] or 0) <= now and #turn + #payloads == 0 and not isLonger
if ARGV[18] ~= '' and not leads and nothing and beyond ~= c and ARGV[18] ~= c and tonumber(ARGV[19]) > 0 then aliases = 1 end
local answer = { 'done', (#turn > 0 and 1 or 0) + (#payloads > 0 and 1 or 0), #turn + #payloads, joined,
  isBeside and 1 or 0, there, known, holds, aliases }
if dry then return answer end

if isLonger then
  local function put(atMs, why)
    local was = redis.call('HMGET', conversation, 'hold', 'why', 'under')
    setHold(conversation, held, c, was, atMs >= FOREVER and '' or atMs - now, why, '1', now)
  end
  if under and under > now then put(under, ARGV[17]) end
  put(until_, ARGV[15])
end
local hold = tonumber(redis.call('HGET', conversation, 'hold') or 0)
if #turn > 0 then
  inChunks(turn, function(...) redis.call('RPUSH', turnMessages, ...) end)
  for i = fieldsAt, turnAt - 1, 2 do redis.call('HSET', turnBatch, ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', turnBatch, 'c', c, 'size', #turn)
  redis.call('HINCRBY', counts, 'accepted', #turn)
  redis.call('HINCRBY', counts, isBeside and 'failed' or 'open', #turn)
  if isBeside then
    redis.call('HSET', turnBatch, 'state', 'failed', 'reason', 'restored', 'settled', now)
    redis.call('ZADD', failed, now, turnId)
  else
    redis.call('HSET', conversation, 'turn', turnId)
    redis.call('ZADD', turns, ARGV[12] == 'waiting' and ARGV[13] or now, turnId)
    if ARGV[12] == 'sealed' then redis.call('HINCRBY', counts, 'sealed', 1) end
    flight(counts, c, 1)
    redis.call('PUBLISH', channel, '')
  end
end
if #payloads > 0 then
  redis.call('HINCRBY', counts, 'accepted', #payloads)
  redis.call('HINCRBY', counts, 'open', #payloads)
  local max = hold > now and HELD_MAX or tonumber(ARGV[26])
  if h[1] then
    local inFlight = redis.call('HGET', conversation, 'turn')
    inChunks(payloads, function(...) redis.call('RPUSH', openMessages, ...) end)
    reopen(openBatch, openMessages, conversation, list, { #payloads, ARGV[20], ARGV[21], ARGV[25], max },
      o, openId, 0, ARGV[28], ARGV[29], now)
    if inFlight then redis.call('HSET', conversation, 'turn', inFlight) end
  else
    -- Before what others pushed to a list that nobody has given a deadline yet.
    for i = #payloads, 1, -1 do redis.call('LPUSH', list, payloads[i]) end
    redis.call('PERSIST', list)
    local isWhole = #payloads == tonumber(nOpen)
    local over = ARGV[27]
    if not isWhole and #payloads <= max then over = 0 end
    redis.call('HSET', conversation, 'id', openId, 'first', ARGV[20], 'last', ARGV[21], 'due', ARGV[22],
      'idle', ARGV[23], 'loud', loud, 'age', ARGV[25], 'max', max, 'over', over, 'interrupts', ARGV[28],
      'extra', ARGV[29], 'album', ARGV[30], 'n', #payloads)
    redis.call('SET', mirror, ARGV[21], 'PX', ARGV[5])
  end
end
local w = redis.call('HMGET', conversation, 'id', 'turn', 'due', 'last', 'n', 'max')
if w[1] or w[2] then redis.call('PERSIST', conversation) end
if w[1] then
  arm(open, channel, c .. '|' .. w[1], effective(tonumber(w[3]), tonumber(w[4]), tonumber(w[5]), tonumber(w[6])),
    w[2], hold, now, tonumber(ARGV[6]))
end

inChunks(pairsFrom(knownAt, nKnown), function(...) redis.call('ZADD', ids, 'GT', ...) end)
for _, block in ipairs({ { turnAt, #turn > 0 and nTurn or 0 }, { openAt, #payloads > 0 and nOpen or 0 } }) do
  for i = block[1], block[1] + 2 * block[2] - 1, 2 do
    if not redis.call('ZSCORE', ids, ARGV[i]) then redis.call('ZADD', ids, now, ARGV[i]) end
  end
end
if redis.call('PTTL', ids) < dedupeMs then redis.call('PEXPIRE', ids, dedupeMs) end
local last = 0
for i = marksAt, pastAt - 1, 2 do
  if tonumber(ARGV[i + 1]) > now then
    redis.call('ZADD', marks, 'GT', ARGV[i + 1], ARGV[i])
    last = math.max(last, ARGV[i + 1] - now)
  end
end
if last > 0 and redis.call('PTTL', marks) < last then redis.call('PEXPIRE', marks, string.format('%.0f', last)) end

local isPast = {}
for _, id in ipairs(past) do isPast[id] = true end
if tonumber(ARGV[8]) > 0 and tonumber(ARGV[9]) > 0 then
  local added = 0
  -- What comes back is older than what was said here since.
  for i = pastAt + nPast - 1, pastAt, -1 do
    if not isPast[ARGV[i]] then
      redis.call('RPUSH', history, ARGV[i])
      added = added + 1
    end
  end
  if added > 0 then
    redis.call('LTRIM', history, 0, ARGV[8] - 1)
    redis.call('PEXPIRE', history, ARGV[9])
  end
end
if aliases == 1 then redis.call('SET', alias, ARGV[18], 'PX', string.format('%.0f', tonumber(ARGV[19]))) end
return answer
