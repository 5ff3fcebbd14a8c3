-- The first `taken` messages of the open batch become a batch of their own, the rest goes on as restId.
-- k: list mirror conversation batch messages, h: first last due idle age max loud over interrupts
-- extra. Answers its payloads, and {due, size, max} of the rest or nil.
local function take(k, h, c, size, taken, restId, due, cause, now)
  local first, last, max, extra = tonumber(h[1]), tonumber(h[2]), tonumber(h[6]), tonumber(h[10] or 0)
  local payloads, rest = redis.call('LRANGE', k.list, 0, taken - 1), nil
  if size <= taken then
    redis.call('RENAME', k.list, k.messages)
    redis.call('PERSIST', k.messages)
    close(k.conversation, k.mirror)
  else
    for i = 1, taken, 1000 do
      redis.call('RPUSH', k.messages, unpack(payloads, i, math.min(i + 999, taken)))
    end
    redis.call('LTRIM', k.list, taken, -1)
    local left, timeDue = size - taken, tonumber(h[3])
    local restFirst = tonumber(h[8]) > 0 and tonumber(h[8]) or first
    local restDue = timeDue
    if timeDue > now then restDue = math.min(math.max(timeDue, last + h[4]), restFirst + h[5]) end
    local restMax = max == HELD_MAX and max or max - extra
    redis.call('HDEL', k.conversation, 'extra', 'album')
    redis.call('HSET', k.conversation, 'max', restMax, 'id', restId, 'first', restFirst, 'due', restDue, 'n', left,
      'loud', math.max(0, h[7] - taken), 'over', left > restMax and restFirst or 0, 'interrupts', 0)
    rest = { restDue, left, restMax }
  end
  redis.call('HSET', k.batch, 'c', c, 'state', 'sealed', 'attempt', 1, 'epoch', 0, 'starts', 0,
    'retries', 0, 'first', first, 'last', last, 'due', due, 'sealed', now, 'cause', cause,
    'size', taken, 'age', h[5], 'max', max, 'rest', rest and restId or '',
    'interrupts', h[9] or 0)
  if extra > 0 then redis.call('HSET', k.batch, 'extra', extra) end
  return payloads, rest
end

-- What others pushed or removed beside us is booked, so that the counts still add up.
local function bookForeign(counts, foreign)
  if foreign == 0 then return end
  redis.call('HINCRBY', counts, foreign > 0 and 'accepted' or 'discarded', math.abs(foreign))
  redis.call('HINCRBY', counts, 'open', foreign)
end
