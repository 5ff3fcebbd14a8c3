#!lua
--[[ repair-turn: the record of a batch, its messages and all that names it are brought to agree. Of a
     record that cannot be read it is not known what was sent: it is kept as failed.
KEYS    batch messages conversation owner open turns failed counts
ARGV    now mode batchId c ownerC leaseMs retentionMs wakeMs channel      mode: look | mend
        c: whom it is asked for, who may point at it · ownerC: whose its record says it is
RETURNS {code, detail…}     what is (was, after mend) wrong
REPEAT  safe: the second call finds nothing ]]
--@include now
--@include arm
--@include bare
--@include flight
--@include free
--@include sound
--@include turnrecord
--@include turnplaces
local batch, messages, conversation, owner, open, turns, failed, counts = unpack(KEYS)
local now, mends, id, c = clock(ARGV[1]), ARGV[2] == 'mend', ARGV[3], ARGV[4]
local r = readRecord(batch, messages)
local state, n, isLive, broken = r.state, r.n, r.isLive, r.broken
local pointsHere, ownerPoints = redis.call('HGET', conversation, 'turn'), redis.call('HGET', owner, 'turn')
local at, failedAt = redis.call('ZSCORE', turns, id), redis.call('ZSCORE', failed, id)
redis.call('ZCARD', open)
redis.call('HGET', counts, 'open')
local isPointed = pointsHere == id

local function release(isFound)
  if isFound then tell('pointer_dangling') end
  if mends then rearm(conversation, open, ARGV[9], c, id, now, tonumber(ARGV[8])) end
end
local function unlist(key)
  tell('entry_stale', key == turns and 'turns' or 'failed')
  if mends then redis.call('ZREM', key, id) end
end
-- Asked for another than it was read to be.
if r.of and r.of ~= ARGV[5] then return found end
local keys = { batch = batch, messages = messages, turns = turns, failed = failed, counts = counts }
local wasOpen = (at or isPointed) and not failedAt

-- Two disagree whose it is: as long as the one that its record names does not point at it, nobody
-- is answered in the name of another.
if r.of and r.of ~= c then
  local isOwned = not isLive or ownerPoints == id
  if isPointed and isOwned then release(true) end
  if not isPointed or isOwned then return found end
  broken[#broken + 1] = 'c'
end
if #broken > 0 and not (state == 'answered' and r.of and isNumber(r.settledAt)) then
  local isNamed = at or failedAt or isPointed
  -- Messages alone that expire were answered: only then they get a TTL.
  if not r.isThere and not isNamed and (n == 0 or redis.call('PTTL', messages) >= 0) then return found end
  if n == 0 and not r.isThere then
    if isPointed then release(true) end
    if at then unlist(turns) end
    if failedAt then unlist(failed) end
  elseif n == 0 then
    tell('turn_empty', '0')
    if mends then dropRecord(keys, r, id, c, wasOpen, failedAt) end
    if isPointed then release() end
  else
    tell(r.isThere and 'record_damaged' or 'record_lost', r.isThere and table.concat(broken, ' ') or tostring(n))
    if mends then keepRecord(keys, r, id, c, wasOpen, now) end
    if isPointed then release() end
  end
  return found
end

if not isLive then
  if at then unlist(turns) end
  if isPointed then release(true) end
end
if state == 'answered' then
  if failedAt then unlist(failed) end
  if tonumber(ARGV[7]) > 0 and redis.call('PTTL', batch) == -1 then
    tell('never_expires')
    for _, key in ipairs(mends and { batch, messages } or {}) do redis.call('PEXPIRE', key, ARGV[7]) end
  end
  return found
end

if n == 0 and not (isLive and r.draft) then
  tell('turn_empty', r.size)
  if mends then dropRecord(keys, r, id, c, wasOpen, failedAt) end
  if isPointed then release() end
  return found
end
local t = { conversation = conversation, open = open, id = id, c = c, at = at, failedAt = failedAt,
  pointsHere = pointsHere, isPointed = isPointed, leaseMs = ARGV[6] }
mendPlaces(keys, r, t, now, mends)
return found
