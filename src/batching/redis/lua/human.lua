#!lua flags=allow-oom
--[[ human: somebody steps in past the bot. What stands before is answered by that, the rest is held.
KEYS    conversation list mirror open turns counts held ids marks history said turnBatch turnMessages openBatch openMessages alias
ARGV    now c wakeMs channel retentionMs historyTurns historyMs turnId end openId answered restId
        newBatchId holdMs why atLeast idHash dedupeMs entryId payload, then hashes of what may be ours
        turnId, openId '' = none · idHash '' = no message · payload '' = nothing for the history
RETURNS {duplicate | ours | changed} | {done, answered, heldUntil}     heldUntil '' = without end
REPEAT  a message again is a duplicate; without one the second call answers changed or does nothing more ]]
--@include now
--@include arm
--@include bare
--@include hold
--@include take
--@include reopen
--@include flight
--@include past
--@include settled
--@include touched
--@include leave
--@include elsewhere
local conversation, list, mirror, open, turns, counts, held, ids, marks, history, said, turnBatch, turnMessages, openBatch, openMessages, alias = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local now, c, turnId, idHash = clock(ARGV[1]), ARGV[2], ARGV[8], ARGV[17]
local WINDOW = { 'id', 'first', 'last', 'due', 'idle', 'loud', 'n', 'age', 'max', 'over', 'interrupts', 'extra' }
local o = redis.call('HMGET', conversation, unpack(WINDOW))
local turn, holdAt, why, under = unpack(redis.call('HMGET', conversation, 'turn', 'hold', 'why', 'under'))
local t = redis.call('HMGET', turnBatch, 'size', 'first', 'last', 'age', 'max', 'state', 'parts', 'interrupts', 'extra')
local seen = redis.call('ZSCORE', ids, idHash)
local ours = false
for i = 21, #ARGV do
  ours = tonumber(redis.call('ZSCORE', marks, ARGV[i]) or 0) > now or ours
end
for _, key in ipairs({ open, turns, held, marks }) do redis.call('ZCARD', key) end
for _, key in ipairs({ list, history, turnMessages, openMessages }) do redis.call('LLEN', key) end
for _, key in ipairs({ mirror, said }) do redis.call('GET', key) end
for _, key in ipairs({ counts, openBatch }) do redis.call('HGET', key, 'state') end

if idHash ~= '' and seen and tonumber(seen) > now - ARGV[18] then return { 'duplicate' } end
if not ours and ((turn or '') ~= turnId or (o[1] or '') ~= ARGV[10]) then return { 'changed' } end
if idHash ~= '' then
  redis.call('ZADD', ids, now, idHash)
  if redis.call('PTTL', ids) < tonumber(ARGV[18]) then redis.call('PEXPIRE', ids, ARGV[18]) end
end
if ours then return { 'ours' } end

-- Held first: what goes back to the open batch meanwhile is one turn at the end.
local hold = setHold(conversation, held, c, { holdAt, why, under }, ARGV[14], ARGV[15], ARGV[16], now)
if hold > now then t[5], o[9] = HELD_MAX, o[1] and HELD_MAX end
local n, answered = ARGV[9] == 'kept' and 0 or tonumber(ARGV[11]), 0
local function settle(batch, messages, id, size)
  settled(batch, messages, id, counts, size, history, ARGV[5], ARGV[6], ARGV[7], now)
  redis.call('HSET', batch, 'reason', 'human')
  answered = answered + size
end
if turnId ~= '' and ARGV[9] ~= 'kept' then
  leave(turnId, turns, counts, c, t[6])
  local isTouched = touched(turnBatch, t[7])
  if ARGV[9] == 'answered' or isTouched then
    if ARGV[9] == 'reopened' then n = n - t[1] end
    redis.call('HINCRBY', turnBatch, 'epoch', 1)
    redis.call('HDEL', conversation, 'turn')
    settle(turnBatch, turnMessages, turnId, tonumber(t[1]))
  else
    reopen(turnBatch, turnMessages, conversation, list, t, o, ARGV[13], 0, t[8] or 0, t[9], now)
    o = redis.call('HMGET', conversation, unpack(WINDOW))
  end
end

local size = redis.call('LLEN', list)
if o[1] and n > 0 and size > 0 then
  bookForeign(counts, size - tonumber(o[7]))
  redis.call('ZREM', open, c .. '|' .. o[1])
  local window = { o[2], o[3], o[4], o[5], o[8], o[9], o[6], o[10], o[11], o[12] }
  local keys = { list = list, mirror = mirror, conversation = conversation, batch = openBatch,
    messages = openMessages }
  local due = effective(tonumber(o[4]), tonumber(o[3]), size, tonumber(o[9]))
  take(keys, window, c, size, math.min(n, size), ARGV[12], due, 'flush', now)
  settle(openBatch, openMessages, o[1], math.min(n, size))
end
if ARGV[20] ~= '' and tonumber(ARGV[6]) > 0 and tonumber(ARGV[7]) > 0 then
  redis.call('SET', said, string.format('%.0f', now) .. ' ' .. ARGV[20], 'PX', ARGV[7])
  remember(history, ARGV[19], ARGV[6], ARGV[7])
end

local h = redis.call('HMGET', conversation, 'id', 'due', 'last', 'n', 'max')
if h[1] then
  arm(open, ARGV[4], c .. '|' .. h[1], effective(tonumber(h[2]), tonumber(h[3]), tonumber(h[4]), tonumber(h[5])),
    redis.call('HEXISTS', conversation, 'turn') == 1, hold, now, tonumber(ARGV[3]))
end
return { 'done', answered, hold >= FOREVER and '' or string.format('%.0f', hold) }
