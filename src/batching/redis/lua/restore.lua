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
--@include comebackunknown
--@include comebackhold
--@include comebackturn
--@include comebackopen
--@include comebackmemory
local alias, conversation, list, mirror, ids, marks, history, open, turns, failed, held, counts, turnBatch, turnMessages, openBatch, openMessages, toAlias = unpack(KEYS)
local now, c, dry, dedupeMs = clock(ARGV[1]), ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local openId, turnId, channel = ARGV[10], ARGV[11], ARGV[7]
local leads = redis.call('GET', alias)
if leads and ARGV[18] == '' then return elsewhere(alias) end
local h = redis.call('HMGET', conversation, 'id', 'turn', 'hold', 'why', 'under')
local o = redis.call('HMGET', conversation, 'id', 'first', 'last', 'due', 'idle', 'loud', 'n')
local beyond = redis.call('GET', toAlias)
local past = redis.call('LRANGE', history, 0, -1)
local isTurn, isOpen = redis.call('HEXISTS', turnBatch, 'state') == 1, redis.call('HEXISTS', openBatch, 'state') == 1
redis.call('GET', mirror)
redis.call('HGET', counts, 'open')
for _, key in ipairs({ ids, marks, open, turns, failed, held }) do redis.call('ZCARD', key) end
for _, key in ipairs({ list, turnMessages, openMessages }) do redis.call('LLEN', key) end

local nFields, nTurn, nOpen, nKnown, nMarks, nPast = unpack(ARGV, 31, 36)
local fieldsAt, turnAt = 37, 37 + 2 * nFields
local openAt = turnAt + 2 * nTurn
local knownAt = openAt + 2 * nOpen
local marksAt = knownAt + 2 * nKnown
local pastAt = marksAt + 2 * nMarks
local since = now - dedupeMs
local isTurnHere, turn = comeback(turnId, isTurn or h[1] == turnId, ids, turnAt, nTurn, 0, since)
local isOpenHere, payloads, loud = comeback(openId, isOpen or h[1] == openId, ids, openAt, nOpen, tonumber(ARGV[24]), since)
local isBeside = #turn > 0 and h[2] and true or false
local joined = #payloads > 0 and h[1] and #payloads or 0
local until_, under = tonumber(ARGV[14]), tonumber(ARGV[16])
local isLonger = outlasts(h, until_, ARGV[15], under, now)
local nothing = not h[1] and not h[2] and tonumber(h[3] or 0) <= now and #turn + #payloads == 0 and not isLonger
local isAlias = ARGV[18] ~= '' and not leads and nothing and beyond ~= c and ARGV[18] ~= c and tonumber(ARGV[19]) > 0
local answer = { 'done', (#turn > 0 and 1 or 0) + (#payloads > 0 and 1 or 0), #turn + #payloads, joined,
  isBeside and 1 or 0, isTurnHere + isOpenHere, known, isLonger and 1 or 0, isAlias and 1 or 0 }
if dry then return answer end

if isLonger and under and under > now then putHold(conversation, held, c, under, ARGV[17], now) end
if isLonger then putHold(conversation, held, c, until_, ARGV[15], now) end
local hold = tonumber(redis.call('HGET', conversation, 'hold') or 0)
if #turn > 0 then
  putTurn(turnBatch, turnMessages, c, turn, fieldsAt, turnAt - 1)
  if isBeside then
    putFailed(turnBatch, failed, counts, turnId, #turn, now)
  else
    redis.call('HSET', conversation, 'turn', turnId)
    putInFlight(turns, counts, c, turnId, #turn, ARGV[12], ARGV[13], now)
    redis.call('PUBLISH', channel, '')
  end
end
if #payloads > 0 then
  redis.call('HINCRBY', counts, 'accepted', #payloads)
  redis.call('HINCRBY', counts, 'open', #payloads)
  local max = hold > now and HELD_MAX or tonumber(ARGV[26])
  if h[1] then
    inChunks(payloads, function(...) redis.call('RPUSH', openMessages, ...) end)
    joinFront(conversation, list, openBatch, openMessages, o, #payloads, max, now)
  else
    putOpen(conversation, list, mirror, payloads, loud, max, #payloads == tonumber(nOpen))
  end
end
armOpen(conversation, open, channel, c, hold, tonumber(ARGV[6]), now)
inChunks(pairsFrom(knownAt, nKnown), function(...) redis.call('ZADD', ids, 'GT', ...) end)
if #turn > 0 then putSeen(ids, turnAt, nTurn, now) end
if #payloads > 0 then putSeen(ids, openAt, nOpen, now) end
if redis.call('PTTL', ids) < dedupeMs then redis.call('PEXPIRE', ids, dedupeMs) end
putMarks(marks, marksAt, pastAt - 1, now)
putPast(history, past, pastAt, nPast, tonumber(ARGV[8]), tonumber(ARGV[9]))
if isAlias then redis.call('SET', alias, ARGV[18], 'PX', string.format('%.0f', tonumber(ARGV[19]))) end
return answer
