#!lua
--[[ append: messages of one conversation into its open batch, each id once.
KEYS    list mirror conversation ids open counts alias turns
ARGV    now newBatchId c ageMs maxSize dedupeMs mirrorMs wakeMs maxPending channel leaseMs
        then per message: idHash payload idleMs kind     kind: 0, 1 quiet, 2 album, 3 both
RETURNS {outcome, batchId, added, duplicates, size}     outcome: appended | full
        or the error ALIAS c, as all that are asked of a conversation
REPEAT  safe: the same ids again are duplicates ]]
--@include now
--@include arm
--@include elsewhere
--@include unseen
local MINUTE = 60000
local list, mirror, conversation, ids, open, counts, alias, turns = unpack(KEYS)
local moved = elsewhere(alias)
if moved then return moved end
local now, c = clock(ARGV[1]), ARGV[3]
local ageMs, maxSize, dedupeMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

-- Reads first, each of its type: a wrong one stops here, before anything is changed. The counts have
-- none of their own: the first write is theirs. A turn that nobody would look at again is met here.
local h = redis.call('HMGET', conversation,
  'id', 'first', 'due', 'loud', 'over', 'turn', 'hold', 'n', 'last', 'idle', 'age', 'max',
  'extra', 'album')
local size = redis.call('LLEN', list)
local pending = redis.call('ZCARD', open) + redis.call('ZCARD', turns)
redis.call('GET', mirror)
local isForgotten = not redis.call('ZSCORE', turns, h[6] or '') and h[6]
local id, first, due = h[1], tonumber(h[2] or now), tonumber(h[3] or math.huge)
local loud, over, hold = tonumber(h[4] or 0), tonumber(h[5] or 0), tonumber(h[7] or 0)
local foreign, jumped = size - tonumber(h[8] or 0), id and due > now + tonumber(h[11] or ageMs)
-- As `include/hold` has it: what gathers during a hold is one turn.
if hold > now or h[12] == tostring(HELD_MAX) then maxSize = HELD_MAX end
local extra, wasAlbum = tonumber(h[13] or 0), h[14] == '1'
maxSize = math.min(HELD_MAX, maxSize + extra)

local fresh, duplicates = unseen(ids, 12, 4, now, dedupeMs)
if #fresh > 0 and not id and pending >= tonumber(ARGV[9]) then return { 'full' } end
if duplicates > 0 then redis.call('HINCRBY', counts, 'duplicates', duplicates) end
if #fresh == 0 then return { 'appended', id or '', 0, duplicates, size } end
-- Redis writes numbers of Lua slowly, so what is written several times is text.
local at, payloads, scores, idleMs = string.format('%.0f', now), {}, {}, 0
for n, i in ipairs(fresh) do
  local kind = ARGV[i + 3]
  local quiet, album = kind == '1' or kind == '3', kind >= '2'
  idleMs = tonumber(ARGV[i + 2])
  if quiet and loud == 0 then idleMs = ageMs end
  -- One that a jump of the clock has put further away than can be stands: it is due.
  if due > now and not jumped then due = math.min(now + idleMs, first + ageMs) end
  -- Behind a full batch photos are the next one's, and counted there.
  if album and wasAlbum and size <= maxSize then
    extra, maxSize = extra + 1, math.min(HELD_MAX, maxSize + 1)
  end
  wasAlbum, size = album, size + 1
  if not quiet then loud = size end
  if size == maxSize + 1 then over = now end
  payloads[n] = ARGV[i + 1]
  scores[2 * n - 1], scores[2 * n] = at, ARGV[i]
end
-- Elements that the original's own API pushed beside us count as accepted here.
local more = tostring(#fresh + foreign)
redis.call('HINCRBY', counts, 'accepted', more)
redis.call('HINCRBY', counts, 'open', more)
redis.call('RPUSH', list, unpack(payloads))
redis.call('ZADD', ids, unpack(scores))
-- Renewed once a minute, and for as much longer.
if math.floor(now / MINUTE) ~= math.floor((tonumber(h[9]) or 0) / MINUTE) then
  redis.call('PEXPIRE', ids, dedupeMs + MINUTE)
end
redis.call('SET', mirror, at, 'PX', ARGV[7])
if isForgotten then redis.call('ZADD', turns, now + ARGV[11], h[6]) end
local opens = not id
if opens then
  id = ARGV[2]
  redis.call('ZREMRANGEBYSCORE', ids, '-inf', now - dedupeMs)
end
-- The original's own API gives the list a TTL with each push.
if foreign > 0 then redis.call('PERSIST', list) end
if h[7] then redis.call('PERSIST', conversation) end
if wasAlbum or extra > 0 or h[14] then
  redis.call('HSET', conversation, 'extra', extra, 'album', wasAlbum and 1 or 0)
end
local max = string.format('%.0f', maxSize)
redis.call('HSET', conversation, 'last', at, 'due', due, 'n', size, 'loud', loud)
if opens or tonumber(h[10]) ~= idleMs or h[11] ~= ARGV[4] or h[12] ~= max or over ~= tonumber(h[5]) then
  redis.call('HSET', conversation, 'id', id, 'first', first, 'idle', idleMs, 'age', ARGV[4],
    'max', max, 'over', over)
end
arm(open, ARGV[10], c .. '|' .. id, effective(due, now, size, maxSize), h[6], hold, now,
  tonumber(ARGV[8]))
return { 'appended', id, #fresh, duplicates, size }
