#!lua
--[[ probe: asks for every right that the operations need, and changes nothing.
KEYS    list mirror conversation ids batch messages     (of a conversation that cannot exist)
ARGV    –
RETURNS ok
REPEAT  safe ]]
local list, mirror, conversation, ids = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
redis.call('TIME')
redis.call('LRANGE', list, 0, 0)
redis.call('LREM', list, 1, '')
redis.call('LTRIM', list, 0, -1)
redis.call('GET', mirror)
redis.call('HMGET', conversation, 'id')
redis.call('HDEL', conversation, 'id')
redis.call('ZSCORE', ids, '')
redis.call('ZREMRANGEBYSCORE', ids, '(0', '(0')
for i = 1, #KEYS do
  redis.call('PERSIST', KEYS[i])
  redis.call('PEXPIRE', KEYS[i], 1)
  redis.call('DEL', KEYS[i])
end
return 'ok'
