#!lua flags=no-writes
--[[ due: what is due now, what soon, and when to look again. Costs what is due, not what is pending.
KEYS    open turns
ARGV    now limit soonMs openHorizonMs turnHorizonMs
RETURNS {now, {member, score…}, {batch…}, {member, score…} soon, nextAt or ''}
REPEAT  safe: reads only ]]
--@include now
--@include arm
local open, turns = KEYS[1], KEYS[2]
local now, limit = clock(ARGV[1]), tonumber(ARGV[2])
if redis.call('ZCARD', open) + redis.call('ZCARD', turns) == 0 then return { now, {}, {}, {}, '' } end
local soonest

local function range(key, from, to, count)
  if count <= 0 then return {} end
  return redis.call('ZRANGEBYSCORE', key, from, to, 'WITHSCORES', 'LIMIT', 0, count)
end
local function add(into, found, shift)
  for i = 1, #found, 2 do
    into[#into + 1] = found[i]
    into[#into + 1] = string.format('%.0f', found[i + 1] - shift)
  end
end
local function look(found, shift)
  local at = found[2] and tonumber(found[2]) - shift
  if at and (not soonest or at < soonest) then soonest = at end
end

-- Further away than anything may honestly be: a clock that jumped.
local due = range(open, '-inf', now, limit)
local late = {}
add(late, due, 0)
add(late, range(open, HELD, HELD + now, limit - #late / 2), HELD)
add(late, range(open, '(' .. now + ARGV[4], '(' .. HELD, limit - #late / 2), 0)

local again = {}
local function take(found)
  for i = 1, #found, 2 do again[#again + 1] = found[i] end
end
take(range(turns, '-inf', now, limit))
take(range(turns, '(' .. now + ARGV[5], '+inf', limit - #again))

local near = range(open, '(' .. now, now + ARGV[3], 100)
local soon = {}
add(soon, near, 0)
look(range(open, '(' .. now, '(' .. HELD, 1), 0)
look(range(open, '(' .. HELD + now, '(+inf', 1), HELD)
look(range(turns, '(' .. now, '+inf', 1), 0)
if #late / 2 >= limit or #again >= limit then soonest = now end
return { now, late, again, soon, soonest and string.format('%.0f', soonest) or '' }
