#!lua
--[[ spend: adds to what an account spent today, UTC.
KEYS    spent
ARGV    now amount
RETURNS the sum of today
REPEAT  adds again ]]
--@include now
local DAY = 86400000
local day = math.floor(clock(ARGV[1]) / DAY)
local h = redis.call('HMGET', KEYS[1], 'day', 'n')
local before = tonumber(h[1]) == day and tonumber(h[2]) or 0
local sum = before + ARGV[2]
if sum ~= before then
  redis.call('HSET', KEYS[1], 'day', day, 'n', string.format('%.0f', sum))
  redis.call('PEXPIRE', KEYS[1], 2 * DAY)
end
return string.format('%.0f', sum)
