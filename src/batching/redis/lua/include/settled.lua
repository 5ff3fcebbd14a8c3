-- Answered: booked, kept for its retention (0 deletes at once), and part of what was said.
local function settled(batch, messages, id, counts, size, history, retentionMs, turns, ms, now)
  redis.call('HSET', batch, 'state', 'answered', 'settled', now)
  redis.call('HINCRBY', counts, 'open', -size)
  redis.call('HINCRBY', counts, 'answered', size)
  redis.call('PEXPIRE', batch, retentionMs)
  redis.call('PEXPIRE', messages, retentionMs)
  -- It bounced and was answered again: it is told as it is now.
  if redis.call('HDEL', batch, 'told') == 1 then redis.call('LREM', history, 0, id) end
  remember(history, id, turns, ms)
end
