#!lua
--[[ link: an address of a person leads to another one from now on, and all that it has goes there.
KEYS    alias toAlias conversation list mirror ids marks history toConversation toList toMirror toIds toMarks toHistory open turns counts batch messages held
ARGV    now from to aliasMs wakeMs channel mirrorMs turnId openId size toOpenId toSize order newBatchId
        historyMs history toHistory joinedHistory
        turnId, openId, toOpenId '' = none · order: f or t for each message of both
        the histories as they were read, newest first, and what is made of them; ids with spaces between
RETURNS {linked | already | changed | busy | history}     history: it is not as it was read
REPEAT  safe: the second call answers already ]]
--@include now
--@include arm
--@include bare
--@include hold
--@include take
--@include reopen
--@include flight
--@include touched
--@include leave
--@include join
local alias, toAlias, conversation, list, mirror, ids, marks, history, toConversation, toList, toMirror, toIds, toMarks, toHistory, open, turns, counts, batch, messages, held = unpack(KEYS)
local now, from, to, turnId, order = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[8], ARGV[13]
local HOLD = { 'turn', 'hold', 'why', 'under', 'underwhy' }
local leads, beyond = redis.call('GET', alias), redis.call('GET', toAlias)
local f, o = redis.call('HMGET', conversation, unpack(WINDOW)), redis.call('HMGET', toConversation, unpack(WINDOW))
local turn, holdAt, why, under, underwhy = unpack(redis.call('HMGET', conversation, unpack(HOLD)))
local toTurn = redis.call('HGET', toConversation, 'turn')
local t = redis.call('HMGET', batch, 'size', 'first', 'last', 'age', 'max', 'state', 'parts', 'interrupts', 'extra')
local size, toSize = redis.call('LLEN', list), redis.call('LLEN', toList)
local past, toPast = redis.call('LRANGE', history, 0, -1), redis.call('LRANGE', toHistory, 0, -1)
for _, key in ipairs({ mirror, toMirror }) do redis.call('GET', key) end
for _, key in ipairs({ ids, marks, toIds, toMarks, open, turns, held }) do redis.call('ZCARD', key) end
redis.call('LLEN', messages)
redis.call('HGET', counts, 'open')

if leads == to then
  redis.call('PEXPIRE', alias, ARGV[4])
  return { 'already' }
end
if leads or beyond then return { 'changed' } end
-- A list that nobody has given a deadline yet is no open batch.
size, toSize = f[1] and size or 0, o[1] and toSize or 0
local all = size + (turn and turn == turnId and t[1] or 0)
local asRead = (turn or '') == turnId and (f[1] or '') == ARGV[9] and (o[1] or '') == ARGV[11]
  and all == tonumber(ARGV[10]) and toSize == tonumber(ARGV[12])
if not asRead or #order ~= all + toSize or select(2, string.gsub(order, 'f', '')) ~= all then
  return { 'changed' }
end
if turn and touched(batch, t[7]) then return { 'busy' } end
if #past > 0 and (table.concat(past, ' ') ~= ARGV[16] or table.concat(toPast, ' ') ~= ARGV[17]) then
  return { 'history' }
end

redis.call('SET', alias, to, 'PX', ARGV[4])
local hold = tonumber(holdAt or 0)
if turn then
  leave(turnId, turns, counts, from, t[6])
  if hold > now then t[5] = HELD_MAX end
  reopen(batch, messages, conversation, list, t, f, ARGV[14], 0, t[8] or 0, t[9], now)
  f = redis.call('HMGET', conversation, unpack(WINDOW))
end
-- Of a stop what lies below it comes first: the stop itself lies above all others.
if hold > now and tonumber(under or 0) > now then joinHold(toConversation, held, to, tonumber(under), underwhy, now) end
if hold > now then joinHold(toConversation, held, to, hold, why or 'paused', now) end
local toHold = tonumber(redis.call('HGET', toConversation, 'hold') or 0)
if f[1] then
  bookForeign(counts, all - f[7])
  bookForeign(counts, o[1] and toSize - o[7] or 0)
  redis.call('ZREM', open, from .. '|' .. f[1])
  joinLists(list, toList, o[1], order)
  joinWindows(toConversation, f, o, order, toHold > now, now)
end
local h = redis.call('HMGET', toConversation, 'id', 'due', 'last', 'n', 'max')
if h[1] then
  if f[1] then redis.call('SET', toMirror, h[3], 'PX', ARGV[7]) end
  redis.call('PERSIST', toConversation)
  arm(open, ARGV[6], to .. '|' .. h[1], effective(tonumber(h[2]), tonumber(h[3]), tonumber(h[4]), tonumber(h[5])),
    toTurn, toHold, now, tonumber(ARGV[5]))
end
joinScores(ids, toIds)
joinScores(marks, toMarks)
if ARGV[18] ~= ARGV[17] then
  redis.call('DEL', toHistory)
  for id in string.gmatch(ARGV[18], '%S+') do redis.call('RPUSH', toHistory, id) end
  redis.call('PEXPIRE', toHistory, ARGV[15])
end
redis.call('DEL', mirror, ids, marks, history)
redis.call('HDEL', conversation, unpack(WINDOW))
redis.call('HDEL', conversation, unpack(HOLD))
redis.call('ZREM', held, from)
return { 'linked' }
