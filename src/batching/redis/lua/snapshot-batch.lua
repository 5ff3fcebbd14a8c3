#!lua flags=no-writes
--[[ snapshot-batch: a sealed batch with its messages as it is at one moment, for a backup.
KEYS    batch messages
ARGV    none
RETURNS {field, value… | payload…}     both empty when there is none
REPEAT  safe: reads only ]]
return { redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1) }
