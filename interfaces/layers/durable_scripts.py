"""What a durable queue does in one step at its broker: Lua, and the names of its keys.

An item is a body and a little state under its id, from PUT until it is done or buried. Its id is in one place: in
the stream, where it waits or is held (pending in the group ``g``: owner and idle time are the lease), in ``later``
until its time has come, or in the FIFO of its conversation, of which only the head is in one of the others.
State: ``t`` attempts begun, ``c`` conversation, ``u`` the millisecond of its deadline. Time is the server's.
In ``later`` the letter before the id says what comes: ``e`` it enters, ``a`` it is the head already (strict).
What was given back is the consumer ``~``'s, in its old place, until somebody takes it.
"""

from typing import NamedTuple

from interfaces.layers.scripts import Script

__all__ = [
    "PUT", "RENEW", "REPLAY", "RING", "SETTLE", "TAKE", "Keys", "durable_bell", "durable_keys", "names_key",
]  # fmt: skip


class Keys(NamedTuple):
    """The keys of one queue; ``fifo`` is what the names of its conversations begin with."""

    stream: str
    bodies: str
    states: str
    later: str
    waiting: str
    dead: str
    fifo: str


def durable_keys(prefix: str, queue: str) -> Keys:
    """The keys of the durable queue ``queue``."""
    q, b, s, later, w, x = (f"{prefix}:Q{letter}:{queue}" for letter in "qbslwx")
    return Keys(q, b, s, later, w, x, f"{prefix}:Qc:{queue}:")


def names_key(prefix: str) -> str:
    """The set of the durable queues that a broker has had."""
    return f"{prefix}:Qn"


def durable_bell(prefix: str, owner: str) -> str:
    """The pub/sub channel on which who takes is told the stream that has something."""
    return f"{prefix}:Qr:{owner}"


_COMMON = """
local q, bodies, states, later, waiting, dead, fifo = unpack(KEYS)
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function ring()
  while true do
    local bell = redis.call('ZPOPMIN', waiting)[1]
    if not bell or redis.call('PUBLISH', bell, q) > 0 then return end
  end
end
local function found()
  if redis.call('EXISTS', q) == 0 then redis.call('XGROUP', 'CREATE', q, 'g', '0', 'MKSTREAM') end
end
local function ready(id)
  redis.call('XADD', q, '*', 'i', id)
  ring()
end
local function enter(id)
  local c = redis.call('HGET', states, 'c' .. id)
  if c and redis.call('RPUSH', fifo .. c, id) > 1 then return end
  ready(id)
end
local function leave(id)
  local c = redis.call('HGET', states, 'c' .. id)
  if not c then return end
  redis.call('LREM', fifo .. c, 1, id)
  local following = redis.call('LINDEX', fifo .. c, 0)
  if following then ready(following) end
end
local function finish(entry)
  redis.call('XACK', q, 'g', entry)
  redis.call('XDEL', q, entry)
end
local function drop(id)
  leave(id)
  redis.call('HDEL', bodies, id)
  redis.call('HDEL', states, 't' .. id, 'c' .. id, 'u' .. id)
end
local function bury(id, why, owner, most)
  local body, t = redis.call('HGET', bodies, id), redis.call('HGET', states, 't' .. id) or '0'
  local c = redis.call('HGET', states, 'c' .. id) or ''
  redis.call('XADD', dead, '*', 'i', id, 'b', body, 't', t, 'c', c, 'r', why, 'o', owner)
  return redis.call('XTRIM', dead, 'MAXLEN', most)
end
"""

PUT = Script(
    _COMMON
    + """
local id, body, c, from, to = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local run = ARGV[8] == '1' and redis.call('INFO', 'server'):match('run_id:(%w+)') or ''
if redis.call('HEXISTS', bodies, id) == 1 then return {2, run} end
if redis.call('HLEN', bodies) >= tonumber(ARGV[6]) then return {0, run} end
found()
redis.call('SADD', KEYS[8], ARGV[7])
redis.call('HSET', bodies, id, body)
if c ~= '' then redis.call('HSET', states, 'c' .. id, c) end
if to > 0 then redis.call('HSET', states, 'u' .. id, to) end
if from > clock() then
  redis.call('ZADD', later, from, 'e' .. id)
  ring()
else
  enter(id)
end
return {1, run}
"""
)
"""Put an item. Keys: the queue's seven, the names. Arguments: id, body, conversation or "", milliseconds (of the
server's clock) before which it is not taken and after which it has expired (0: none), how many items there may be,
the queue's name, whether to tell the server's run. Answers [1, 2 when that id is there already or 0 when there are too
many, run or ""].
"""

TAKE = Script(
    _COMMON
    + """
local me, bell, want, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local attempts, most, keep, now = tonumber(ARGV[5]), ARGV[6], ARGV[7] == '1', clock()
local taken, count, expired, worn, trimmed = {}, 0, 0, 0, 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', later, member)
  if member:sub(1, 1) == 'a' then ready(member:sub(2)) else enter(member:sub(2)) end
end
local function begin(entry, id)
  local to, t = redis.call('HGET', states, 'u' .. id), redis.call('HGET', states, 't' .. id)
  local late = to and tonumber(to) <= now
  if redis.call('HEXISTS', bodies, id) == 0 then
    finish(entry)
  elseif late or (t and tonumber(t) >= attempts) then
    if late then expired = expired + 1 else worn = worn + 1 end
    if keep or not late then trimmed = trimmed + bury(id, late and 'expired' or 'attempts', me, most) end
    finish(entry)
    drop(id)
  else
    count = count + 1
    t = redis.call('HINCRBY', states, 't' .. id, 1)
    taken[#taken + 1] = {entry, id, t, redis.call('HGET', bodies, id)}
  end
end
local function claim(held)
  for _, one in ipairs(held.err and {} or held) do
    local entry = redis.call('XCLAIM', q, 'g', me, 0, one[1])[1]
    if entry and entry[2] then begin(entry[1], entry[2][2]) end
  end
end
claim(redis.pcall('XPENDING', q, 'g', '-', '+', want, '~'))
if lease > 0 and count < want then
  claim(redis.pcall('XPENDING', q, 'g', 'IDLE', lease, '-', '+', want - count))
end
for _ = 1, 100 do
  if count >= want then break end
  local reply = redis.pcall('XREADGROUP', 'GROUP', 'g', me, 'COUNT', want - count, 'STREAMS', q, '>')
  if not reply or reply.err then break end
  for _, entry in ipairs(reply[1][2]) do begin(entry[1], entry[2][2]) end
end
if count == 0 then
  redis.call('ZADD', waiting, now, bell)
  redis.call('PEXPIRE', waiting, 10000)
end
local first = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')[2]
return {taken, expired, worn, trimmed, first and math.max(0, first - now) or -1}
"""
)
"""Take items: those that are due join first; given-back ones come before lapsed ones, and those before fresh ones.

Keys: the queue's seven. Arguments: owner, its bell, how many, milliseconds after which what an owner has neither
settled nor renewed is taken over (0: not now), how many attempts an item has, how many dead letters there may be,
whether expired ones are kept there. Answers [[entry, id, attempt, body] …, expired, worn out, dead letters trimmed,
milliseconds until something is due or -1]. With none taken the bell is registered.
"""

SETTLE = Script(
    _COMMON
    + """
local entry, id, me, attempt, verb = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local held = redis.pcall('XPENDING', q, 'g', entry, entry, 1)
if held.err or not held[1] or held[1][2] ~= me then return {0, 0} end
if redis.call('HGET', states, 't' .. id) ~= attempt then return {0, 0} end
local trimmed = 0
if verb == 'back' then redis.call('HINCRBY', states, 't' .. id, -1) end
if verb == 'back' and (ARGV[6] or '0') == '0' then
  redis.call('XCLAIM', q, 'g', '~', 0, entry, 'JUSTID')
  ring()
elseif verb == 'back' or verb == 'retry' then
  finish(entry)
  local strict = ARGV[7] == '1' and redis.call('HEXISTS', states, 'c' .. id) == 1
  if not strict then leave(id) end
  redis.call('ZADD', later, clock() + ARGV[6], (strict and 'a' or 'e') .. id)
  ring()
else
  if verb == 'dead' then trimmed = bury(id, ARGV[6], me, ARGV[7]) end
  finish(entry)
  drop(id)
end
return {1, trimmed}
"""
)
"""End an attempt, if it is still the owner's. Keys: the queue's seven. Arguments: entry, id, owner, attempt, verb and
what that needs: ``done``; ``retry`` milliseconds, whether the conversation waits; ``dead`` reason, how many dead
letters there may be; ``back`` (the attempt does not count) as ``retry``, or nothing, or 0, to be the next. Answers
[whether it was, dead letters trimmed].
"""

RENEW = Script("""
local lost = {}
for n = 2, #ARGV, 2 do
  local q, entry = KEYS[tonumber(ARGV[n])], ARGV[n + 1]
  local held = redis.pcall('XPENDING', q, 'g', entry, entry, 1)
  if not held.err and held[1] and held[1][2] == ARGV[1] then
    redis.call('XCLAIM', q, 'g', ARGV[1], 0, entry, 'JUSTID')
  else
    lost[#lost + 1] = n / 2 - 1
  end
end
return lost
""")
"""Renew leases. Keys: streams. Arguments: owner, then (which key, entry) of each. Answers which are lost, from 0."""

RING = Script(_COMMON + "ring()")
"""Tell the next who waits, when one who was told does not take. Keys: the queue's seven."""

REPLAY = Script(
    _COMMON
    + """
local one = redis.call('XRANGE', dead, ARGV[1], ARGV[1])[1]
if not one then return 0 end
local fields = {}
for n = 1, #one[2], 2 do fields[one[2][n]] = one[2][n + 1] end
if redis.call('HEXISTS', bodies, fields.i) == 0 then
  found()
  redis.call('HSET', bodies, fields.i, fields.b)
  if fields.c ~= '' then redis.call('HSET', states, 'c' .. fields.i, fields.c) end
  enter(fields.i)
end
redis.call('XDEL', dead, ARGV[1])
return 1
"""
)
"""Put a dead letter back into its queue, without a deadline, its attempts counted anew.

Keys: the queue's seven. Argument: its number. Answers whether there was one.
"""
