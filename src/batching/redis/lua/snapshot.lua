#!lua flags=no-writes
--[[ snapshot: one conversation as it is at one moment, for a backup.
KEYS    alias conversation list ids marks history batch messages turns
ARGV    now turnId dedupeMs     turnId: as the caller read it, '' = none
RETURNS {changed, turnId} | {now, leads to, ms of that left, field, value… | payload… | id, seen… |
        hash, until… | entry… newest first | field, value… of the turn | payload… of the turn | look at}
REPEAT  safe: reads only ]]
--@include now
local alias, conversation, list, ids, marks, history, batch, messages, turns = unpack(KEYS)
local now = clock(ARGV[1])
local leads = redis.call('GET', alias)
local window, turn = redis.call('HGETALL', conversation), redis.call('HGET', conversation, 'turn')
local payloads = redis.call('LRANGE', list, 0, -1)
local known = redis.call('ZRANGEBYSCORE', ids, '(' .. now - ARGV[3], '+inf', 'WITHSCORES')
local sent = redis.call('ZRANGEBYSCORE', marks, '(' .. now, '+inf', 'WITHSCORES')
local past = redis.call('LRANGE', history, 0, -1)
local fields, parts = redis.call('HGETALL', batch), redis.call('LRANGE', messages, 0, -1)
local lookAt = redis.call('ZSCORE', turns, ARGV[2])
if (turn or '') ~= ARGV[2] then return { 'changed', turn or '' } end
if ARGV[2] == '' then fields, parts = {}, {} end
return { string.format('%.0f', now), leads or '', redis.call('PTTL', alias), window, payloads, known,
  sent, past, fields, parts, lookAt or '' }
