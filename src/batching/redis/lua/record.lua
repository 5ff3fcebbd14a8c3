#!lua
--[[ record: one step of the answer, under the fence of the epoch; renews the lease.
KEYS    batch turns conversation
ARGV    now batchId epoch leaseMs step, then
        draft: json parts · start: index unlessNewer · sent: index providerId · alive: –
RETURNS {outcome, value}
        fenced | ok | drafted json | go uncertain | sent | interrupted
REPEAT  safe: the first draft stands, a part that is sent stays sent ]]
--@include now
local batch, turns, conversation = unpack(KEYS)
local now, id, step = clock(ARGV[1]), ARGV[2], ARGV[5]
local h = redis.call('HMGET', batch, 'state', 'epoch', 'draft', 'parts')
redis.call('ZSCORE', turns, id)
local newer = redis.call('HEXISTS', conversation, 'id') == 1
if h[1] ~= 'running' or h[2] ~= ARGV[3] then return { 'fenced' } end
redis.call('ZADD', turns, now + ARGV[4], id)

if step == 'draft' then
  if h[3] then return { 'drafted', h[3] } end
  redis.call('HSET', batch, 'draft', ARGV[6], 'parts', ARGV[7])
  return { 'drafted', ARGV[6] }
elseif step == 'start' then
  local field = 'p' .. ARGV[6]
  local part = redis.call('HGET', batch, field)
  if part and part ~= 'sending' then return { 'sent' } end
  if ARGV[7] == '1' and newer then
    local touched = false
    for i = 0, tonumber(h[4] or 0) - 1 do
      touched = touched or redis.call('HEXISTS', batch, 'p' .. i) == 1
    end
    if not touched then return { 'interrupted' } end
  end
  redis.call('HSET', batch, field, 'sending')
  return { 'go', part and 1 or 0 }
elseif step == 'sent' then
  redis.call('HSET', batch, 'p' .. ARGV[6], 'sent:' .. ARGV[7])
end
return { 'ok' }
