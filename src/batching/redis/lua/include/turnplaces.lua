-- A turn in flight or a failed batch whose record is whole: its size, and all that names it.
local function mendPlaces(k, r, t, now, mends)
  if r.n > 0 and tonumber(r.size) ~= r.n then
    tell('size_wrong', r.size .. ' → ' .. r.n)
    if mends then
      local more = r.n - r.size
      redis.call('HSET', k.batch, 'size', r.n)
      redis.call('HINCRBY', k.counts, r.isLive and 'open' or 'failed', more)
      redis.call('HINCRBY', k.counts, more > 0 and 'accepted' or 'discarded', math.abs(more))
    end
  end
  if r.isLive and t.failedAt then
    tell('entry_stale', 'failed')
    if mends then redis.call('ZREM', k.failed, t.id) end
  end
  if r.isLive and not t.at then
    tell('turn_forgotten', tostring(r.n))
    -- A worker that has it renews that; nobody else takes it from it before.
    if mends then redis.call('ZADD', k.turns, now + t.leaseMs, t.id) end
  end
  if r.isLive and not t.pointsHere then
    tell('turn_unpointed')
    if mends then
      redis.call('HSET', t.conversation, 'turn', t.id)
      local waiting = redis.call('HGET', t.conversation, 'id')
      if waiting then redis.call('ZADD', t.open, '+inf', t.c .. '|' .. waiting) end
    end
  end
  if not r.isLive and not t.failedAt then
    tell('failed_untracked', tostring(r.n))
    if mends then redis.call('ZADD', k.failed, r.settledAt, t.id) end
  end
  for name, key in pairs({ record = k.batch, messages = k.messages }) do
    if redis.call('PTTL', key) >= 0 then
      tell('expires', name)
      if mends then redis.call('PERSIST', key) end
    end
  end
  if r.isLive and t.isPointed and redis.call('PTTL', t.conversation) >= 0 then
    tell('expires', 'conversation')
    if mends then redis.call('PERSIST', t.conversation) end
  end
end
