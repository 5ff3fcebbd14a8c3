-- An alias has nothing of its own: whoever called comes again with the conversation it leads to.
local function elsewhere(alias)
  local to = redis.call('GET', alias)
  return to and redis.error_reply('ALIAS ' .. to)
end
