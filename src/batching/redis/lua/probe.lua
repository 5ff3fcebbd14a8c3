#!lua
--[[ probe: which of the rights that are needed are missing. It asks, and runs none of the commands.
KEYS
ARGV    keys commands call…      keys, and commands on such keys, as words; each call as words
RETURNS {command | key | call …}    those that are refused; none where the server cannot say
REPEAT  safe ]]
local missing, closed = {}, {}
if not redis.acl_check_cmd then return missing end

local function words(text)
  local found = {}
  for word in string.gmatch(text, '%S+') do found[#found + 1] = word end
  return found
end
-- A command that the server does not have, or has renamed, raises an error.
local function may(...)
  local known, allowed = pcall(redis.acl_check_cmd, ...)
  return known and allowed
end

local keys = words(ARGV[1])
for _, command in ipairs(words(ARGV[2])) do
  local refused = {}
  for _, key in ipairs(keys) do
    if not may(command, key, key, key) then refused[#refused + 1] = key end
  end
  -- Refused everywhere: the command. Refused here and there: the keys, to read or to write.
  if #refused == #keys then
    missing[#missing + 1] = command
  else
    for _, key in ipairs(refused) do closed[key] = true end
  end
end
for _, key in ipairs(keys) do
  if closed[key] then missing[#missing + 1] = key end
end
for i = 3, #ARGV do
  if not may(unpack(words(ARGV[i]))) then missing[#missing + 1] = ARGV[i] end
end
return missing
