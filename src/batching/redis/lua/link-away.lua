#!lua
--[[ link-away: an address of a person leads to another one from now on that another partition has.
     Nothing may wait here; what is remembered here was brought there after it was read.
KEYS    alias conversation list mirror ids marks history held
ARGV    now from to aliasMs read      read: what stood here when it was brought there; '' = it was not
RETURNS {linked | already | changed | waiting} or {read, what stands here}
REPEAT  safe: the second call answers already ]]
local alias, conversation, list, mirror, ids, marks, history, held = unpack(KEYS)
local from, to, read = ARGV[2], ARGV[3], ARGV[5]
local leads = redis.call('GET', alias)
local h = redis.call('HMGET', conversation, 'id', 'turn', 'hold', 'why', 'under', 'underwhy')
local size, past = redis.call('LLEN', list), redis.call('LINDEX', history, 0)
local stands = table.concat({ redis.call('ZCARD', ids), redis.call('ZCARD', marks), past or '', h[3] or '',
  h[4] or '', h[5] or '', h[6] or '' }, ' ')
redis.call('GET', mirror)
redis.call('ZCARD', held)

if leads == to then
  redis.call('PEXPIRE', alias, ARGV[4])
  return { 'already' }
end
if leads then return { 'changed' } end
if h[1] or h[2] or size > 0 then return { 'waiting' } end
if read == '' then return { 'read', stands } end
if read ~= stands then return { 'changed' } end

redis.call('SET', alias, to, 'PX', ARGV[4])
redis.call('DEL', mirror, ids, marks, history, conversation)
redis.call('ZREM', held, from)
return { 'linked' }
