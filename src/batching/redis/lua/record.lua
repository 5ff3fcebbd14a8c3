#!lua flags=allow-oom
--[[ record: one step of the answer, under the fence of the epoch; renews the lease. Runs when full:
        what is in the air could not be told from what is not, and the turn's end frees memory.
KEYS    batch turns conversation marks
ARGV    now batchId epoch leaseMs step, then
        draft: json parts isHeard heard [unlessNewer hash forMs, to start the first part as well]
        start: index unlessNewer hash forMs · sent: index providerId hash forMs
        skip, unsent: index · apologise: hash forMs answerless · alive: unlessNewer           hash '' = none
RETURNS {outcome, value…}
        fenced | ok | go uncertain startedAt | sent | interrupted
        drafted json: of an earlier one · drafted '' first: of this one; go, interrupted, '' = not asked
        startedAt: when it was first sent without a word since, '' where nobody wrote it down
REPEAT  safe: the first draft stands, a part that is sent stays sent ]]
--@include now
--@include mark
--@include touched
local batch, turns, conversation, marks = unpack(KEYS)
local now, id, step = clock(ARGV[1]), ARGV[2], ARGV[5]
local h = redis.call('HMGET', batch, 'state', 'epoch', 'draft', 'parts', 'sorry')
redis.call('ZSCORE', turns, id)
redis.call('ZCARD', marks)
local newer = tonumber(redis.call('HGET', conversation, 'loud') or 0) > 0
if h[1] ~= 'running' or h[2] ~= ARGV[3] then return { 'fenced' } end
redis.call('ZADD', turns, now + ARGV[4], id)

local at = string.format('%.0f', now)
local function interrupted(unlessNewer)
  return unlessNewer == '1' and newer and not touched(batch, h[4])
end

if step == 'draft' then
  if h[3] then return { 'drafted', h[3] } end
  if ARGV[8] == '1' then redis.call('HSET', batch, 'heard', ARGV[9]) end
  local first = ARGV[10] and (interrupted(ARGV[10]) and 'interrupted' or 'go') or ''
  if first ~= 'go' then
    redis.call('HSET', batch, 'draft', ARGV[6], 'parts', ARGV[7])
  else
    redis.call('HSET', batch, 'draft', ARGV[6], 'parts', ARGV[7], 'p0', 'sending', 's0', at)
    mark(marks, ARGV[11], ARGV[12], now)
  end
  return { 'drafted', '', first }
elseif step == 'start' then
  local field, since = 'p' .. ARGV[6], 's' .. ARGV[6]
  local part, startedAt = unpack(redis.call('HMGET', batch, field, since))
  if part and part ~= 'sending' then return { 'sent' } end
  if interrupted(ARGV[7]) then return { 'interrupted' } end
  redis.call('HSET', batch, field, 'sending')
  if not part then redis.call('HSET', batch, since, at) end
  mark(marks, ARGV[8], ARGV[9], now)
  return { 'go', part and 1 or 0, part and startedAt or '' }
elseif step == 'sent' then
  redis.call('HSET', batch, 'p' .. ARGV[6], 'sent:' .. ARGV[7])
  mark(marks, ARGV[8], ARGV[9], now)
elseif step == 'skip' then
  local field = 'p' .. ARGV[6]
  -- It may have been said to have arrived meanwhile.
  if not string.find(redis.call('HGET', batch, field) or '', '^sent:') then
    redis.call('HSET', batch, field, 'skipped')
  end
elseif step == 'unsent' then
  if redis.call('HGET', batch, 'p' .. ARGV[6]) == 'sending' then
    redis.call('HDEL', batch, 'p' .. ARGV[6])
  end
elseif step == 'apologise' then
  if h[5] or (ARGV[8] == '1' and h[3]) then return { 'sent' } end
  redis.call('HSET', batch, 'sorry', 1)
  mark(marks, ARGV[6], ARGV[7], now)
  return { 'go', 0 }
elseif step == 'alive' and interrupted(ARGV[6]) then
  return { 'interrupted' }
end
return { 'ok' }
