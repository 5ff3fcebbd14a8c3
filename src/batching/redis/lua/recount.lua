#!lua
--[[ recount: the counts against what is there, counted in one go: it costs what is open and failed.
KEYS    open turns failed counts
ARGV    now mode conversationKey batchKey atMost       mode: look | mend · keys: how those of all begin
RETURNS {name, booked, counted…}     of those that differ | {many, n}: more than may be counted in one go
REPEAT  safe: the second call finds nothing ]]
--@include sound
local open, turns, failed, counts = unpack(KEYS)
local mends, conversationKey, batchKey = ARGV[2] == 'mend', ARGV[3], ARGV[4]
local IS_LIVE = { sealed = true, queued = true, running = true, waiting = true }
local flat = redis.call('HGETALL', counts)
local entries = redis.call('ZCARD', open) + redis.call('ZCARD', turns) + redis.call('ZCARD', failed)
if entries > tonumber(ARGV[5]) then return { 'many', entries } end
local booked = {}
for i = 1, #flat, 2 do booked[flat[i]] = flat[i + 1] end
local function was(name)
  local text = booked[name] or '0'
  return string.find(text, '^%-?%d+$') and tonumber(text) or 0
end

local there = { open = 0, failed = 0, sealed = 0 }
local function add(name, n)
  there[name] = (there[name] or 0) + n
end
for name in pairs(booked) do
  if string.sub(name, 1, 2) == 't:' then there[name] = 0 end
end
for _, member in ipairs(redis.call('ZRANGE', open, 0, -1)) do
  local c, id = string.match(member, '^(.*)|([^|]*)$')
  local h = c and redis.call('HMGET', conversationKey .. c, 'id', 'n') or {}
  if h[1] == id and isNumber(h[2]) then add('open', tonumber(h[2])) end
end
for _, id in ipairs(redis.call('ZRANGE', turns, 0, -1)) do
  local h = redis.call('HMGET', batchKey .. id, 'state', 'size', 'c')
  if IS_LIVE[h[1]] and h[3] then
    if isNumber(h[2]) then add('open', tonumber(h[2])) end
    if h[1] == 'sealed' then add('sealed', 1) end
    add('t:' .. (string.match(h[3], '^([^:]*):') or ''), 1)
  end
end
for _, id in ipairs(redis.call('ZRANGE', failed, 0, -1)) do
  local h = redis.call('HMGET', batchKey .. id, 'state', 'size')
  if h[1] == 'failed' and isNumber(h[2]) then add('failed', tonumber(h[2])) end
end

-- Accepted and nowhere to be found was taken away by others; what is there beyond that came past us.
there.answered, there.revoked, there.duplicates = was('answered'), was('revoked'), was('duplicates')
local known = there.answered + there.failed + there.revoked + there.open
there.discarded = math.max(was('discarded'), was('accepted') - known)
there.accepted = known + there.discarded
for name, n in pairs(there) do
  local text = string.format('%.0f', n)
  if (booked[name] or '0') ~= text then
    found[#found + 1], found[#found + 2], found[#found + 3] = name, booked[name] or '0', text
  end
end
if mends then
  for i = 1, #found, 3 do redis.call('HSET', counts, found[i], found[i + 2]) end
end
return found
