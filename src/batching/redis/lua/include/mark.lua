-- What we are about to send, so that its echo is known as ours.
local function mark(marks, hash, forMs, now)
  if hash == '' then return end
  redis.call('ZREMRANGEBYSCORE', marks, '-inf', now)
  redis.call('ZADD', marks, 'GT', now + forMs, hash)
  if redis.call('PTTL', marks) < tonumber(forMs) then redis.call('PEXPIRE', marks, forMs) end
end
