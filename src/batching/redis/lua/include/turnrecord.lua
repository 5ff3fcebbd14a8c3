local NUMBERS = { 'attempt', 'epoch', 'starts', 'retries', 'first', 'last', 'due', 'sealed', 'age', 'max', 'size' }
local IS_LIVE = { sealed = true, queued = true, running = true, waiting = true }

-- A draft that cannot be read, or that was taken away from under its parts, is none.
local function isDraft(batch, draft, parts)
  if not draft then return not parts and redis.call('HEXISTS', batch, 'p0') == 0 end
  local isJson, read = pcall(cjson.decode, draft)
  return isJson and type(read) == 'table' and #read == tonumber(parts)
end

-- The record of a batch, and which of its fields cannot be right.
local function readRecord(batch, messages)
  local state, of, draft, parts, settledAt, cause = unpack(redis.call('HMGET', batch,
    'state', 'c', 'draft', 'parts', 'settled', 'cause'))
  local numbers = redis.call('HMGET', batch, unpack(NUMBERS))
  local isLive = IS_LIVE[state]
  local isEnded, broken = state == 'answered' or state == 'failed', {}
  if not of then broken[1] = 'c' end
  if not isLive and not isEnded then broken[#broken + 1] = 'state' end
  for i, name in ipairs(NUMBERS) do
    if not isNumber(numbers[i]) then broken[#broken + 1] = name end
  end
  if isEnded and not isNumber(settledAt) then broken[#broken + 1] = 'settled' end
  local hasDraft = isDraft(batch, draft, parts)
  if not hasDraft then broken[#broken + 1] = 'draft' end
  return { state = state, of = of, draft = draft, parts = parts, settledAt = settledAt, cause = cause,
    numbers = numbers, size = numbers[11], n = redis.call('LLEN', messages), isLive = isLive,
    broken = broken, hasDraft = hasDraft, isThere = redis.call('EXISTS', batch) == 1 }
end

-- It was a turn in flight as far as the counts know.
local function landed(k, r, c)
  if r.state == 'sealed' then redis.call('HINCRBY', k.counts, 'sealed', -1) end
  flight(k.counts, c, -1)
end

-- Nothing of it is left to answer: another program took its messages.
local function dropRecord(k, r, id, c, wasOpen, failedAt)
  local size = isNumber(r.size) and r.size or 0
  if wasOpen then landed(k, r, c) end
  if wasOpen or failedAt then
    redis.call('HINCRBY', k.counts, wasOpen and 'open' or 'failed', -size)
    redis.call('HINCRBY', k.counts, 'discarded', size)
  end
  redis.call('DEL', k.batch)
  redis.call('ZREM', k.turns, id)
  redis.call('ZREM', k.failed, id)
end

-- Kept as failed, with what can be read of it: a draft that is whole goes on where it was.
local function keepRecord(k, r, id, c, wasOpen, now)
  if wasOpen then
    landed(k, r, c)
    redis.call('HINCRBY', k.counts, 'open', -r.n)
    redis.call('HINCRBY', k.counts, 'failed', r.n)
  end
  for i, usual in ipairs({ 1, 0, 0, 0, now, now, now, now, 0, 0 }) do
    if not isNumber(r.numbers[i]) then redis.call('HSET', k.batch, NUMBERS[i], usual) end
  end
  redis.call('HSET', k.batch, 'c', c, 'state', 'failed', 'reason', 'record_lost', 'settled', now,
    'size', r.n, 'cause', r.cause or 'age')
  redis.call('HINCRBY', k.batch, 'epoch', 1)
  if not r.hasDraft then
    for part = 0, 1000 do redis.call('HDEL', k.batch, 'p' .. part, 's' .. part) end
    redis.call('HDEL', k.batch, 'draft', 'parts')
  end
  redis.call('PERSIST', k.batch)
  redis.call('PERSIST', k.messages)
  redis.call('ZREM', k.turns, id)
  redis.call('ZADD', k.failed, now, id)
end
