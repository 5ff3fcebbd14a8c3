-- The messages of a turn go back to the head of the open batch. t: size first last age max of the turn,
-- o: id first last due idle loud n of the open batch. Answers {id, due, last, size, max}.
local function reopen(batch, messages, conversation, list, t, o, newId, idleMs, interrupts, extra, now)
  local before, size = o[1], tonumber(t[1])
  if before then
    local payloads = redis.call('LRANGE', messages, 0, -1)
    for i = #payloads, 1, -1 do redis.call('LPUSH', list, payloads[i]) end
    redis.call('DEL', messages)
  else
    redis.call('RENAME', messages, list)
  end
  redis.call('DEL', batch)
  local total, max = size + tonumber(o[7] or 0), tonumber(t[5])
  local more = tonumber(redis.call('HGET', conversation, 'extra') or 0)
  max = max == 0 and total or math.min(HELD_MAX, max + more)
  if extra then redis.call('HINCRBY', conversation, 'extra', extra) end
  local due = math.min(tonumber(o[4] or now + idleMs), t[2] + t[4])
  local last = tonumber(o[3] or t[3])
  redis.call('HSET', conversation, 'id', before or newId, 'first', t[2], 'last', last, 'due', due,
    'idle', o[5] or idleMs, 'age', t[4], 'max', max, 'n', total,
    'loud', size + tonumber(o[6] or 0), 'over', total > max and (o[2] or t[2]) or 0,
    'interrupts', interrupts)
  redis.call('HDEL', conversation, 'turn')
  redis.call('PERSIST', conversation)
  return { before or newId, due, last, total, max }
end
