#!lua
--[[ repair-type: what stands under a key of ours and is of another type is kept under another name.
KEYS    key aside
ARGV    now type                 list | string | hash | zset
RETURNS 1 | 0 when its type is right, or nothing is there
REPEAT  safe: the second call answers 0 ]]
local READ = { list = { 'LLEN' }, string = { 'GET' }, hash = { 'HGET', 'state' }, zset = { 'ZCARD' } }
local command, field = unpack(READ[ARGV[2]])
local reply = redis.pcall(command, KEYS[1], unpack({ field }))
if type(reply) ~= 'table' or not string.find(reply.err or '', 'WRONGTYPE', 1, true) then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
return 1
