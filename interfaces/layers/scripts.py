"""What the broker does in one step: Lua scripts, and the names of the keys they work on.

Time is the server's: an entry of a stream bears the millisecond in which it was pushed, and no client's clock
decides what is too old. Every script works on keys of one broker. Replies are RESP2's: lists, ints, bytes.

A queue is three keys: ``q`` its stream with the consumer group ``g``; ``w`` the hubs that wait for an entry (a
sorted set by the server's milliseconds); ``b``, which is there while entries are given back. Given-back entries belong
to the consumer ``~`` until somebody takes them, in their old order and before newer ones. A hub is two consumers:
``<hub>`` has what it took ahead, ``<hub>!`` what it gives to receivers that wait.
"""

from hashlib import sha1
from typing import NamedTuple

__all__ = [
    "ACK", "CLAIM", "DELAY", "DUE", "FORGET", "GIVE_BACK", "GROUP_JOIN", "GROUP_SEND", "PUSH", "RECOVER", "RING",
    "TAKE", "Keys", "Script", "bell_name", "queue_keys",
]  # fmt: skip


class Script:
    """Lua with the name the broker knows it by."""

    __slots__ = ("sha", "text")

    def __init__(self, text: str) -> None:
        self.text: str = text
        self.sha: str = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __repr__(self) -> str:
        return f"<Script {self.sha[:8]}>"


class Keys(NamedTuple):
    """The keys of one queue."""

    stream: str
    waiting: str
    back: str


def queue_keys(prefix: str, name: str) -> Keys:
    """The keys of the queue ``name``."""
    return Keys(f"{prefix}:q:{name}", f"{prefix}:w:{name}", f"{prefix}:b:{name}")


def bell_name(prefix: str, hub: str) -> str:
    """The pub/sub channel on which a hub is told the names of queues that have something."""
    return f"{prefix}:r:{hub}"


_CLOCK = """
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
"""

_RING = """
local function ring(waiting, bells, name, most)
  local rung = 0
  while rung < most do
    local hub = redis.call('ZPOPMIN', waiting)[1]
    if not hub then break end
    if redis.call('PUBLISH', bells .. hub, name) > 0 then rung = rung + 1 end
  end
end
"""

PUSH = Script(
    _CLOCK
    + _RING
    + """
local q, life = KEYS[1], tonumber(ARGV[2])
local room, expired = tonumber(ARGV[1]), 0
if redis.call('EXISTS', q) == 0 then
  redis.call('XGROUP', 'CREATE', q, 'g', '0', 'MKSTREAM')
else
  if life > 0 then expired = redis.call('XTRIM', q, 'MINID', clock() - life) end
  room = room - redis.call('XLEN', q)
end
local taken = math.max(0, math.min(room, #ARGV - 5))
for i = 6, taken + 5 do redis.call('XADD', q, '*', 'd', ARGV[i]) end
if tonumber(ARGV[3]) > 0 then redis.call('PEXPIRE', q, ARGV[3]) end
ring(KEYS[2], ARGV[4], ARGV[5], taken)
return {taken, expired}
"""
)
"""Push messages, in order, as far as the capacity goes, and ring as many waiting hubs.

Keys: stream, waiting. Arguments: capacity, milliseconds until an entry expires (0: never), milliseconds until the
unused stream goes (0: never), what the names of bells begin with, the queue's name, messages. Answers [taken, expired].
"""

TAKE = Script(
    _CLOCK
    + """
local me, want, need, sure = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lease, most_bytes, ours = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[1] .. '!'
local count, got, bytes, now = #KEYS / 3, 0, 0, clock()
local found, more = {}, {}
for i = 1, count do
  local q, life, gone = KEYS[3 * i - 2], tonumber(ARGV[6 + i]), 0
  if life > 0 then gone = redis.call('XTRIM', q, 'MINID', now - life) end
  found[i] = {gone, 0, 0}
end
local function keep(i, owner, entries)
  local into = found[i]
  for _, entry in ipairs(entries) do
    if entry[2] then
      local data = entry[2][2]
      into[#into + 1], into[#into + 2] = entry[1], data
      got = got + 1
      if owner == ours then into[3] = into[3] + 1 end
      if got > need then bytes = bytes + #data end
    else
      redis.call('XACK', KEYS[3 * i - 2], 'g', entry[1])
    end
  end
end
local function claim(i, owner, ids)
  if #ids > 0 then keep(i, owner, redis.call('XCLAIM', KEYS[3 * i - 2], 'g', owner, 0, unpack(ids))) end
end
local function given_back(i, owner, left)
  local q, b = KEYS[3 * i - 2], KEYS[3 * i]
  while left() > 0 and redis.call('EXISTS', b) == 1 do
    local most, ids = left(), {}
    local reply = redis.pcall('XREADGROUP', 'GROUP', 'g', '~', 'COUNT', most, 'STREAMS', q, '0')
    for n, entry in ipairs(reply and not reply.err and reply[1][2] or {}) do ids[n] = entry[1] end
    if #ids < most then redis.call('DEL', b) end
    claim(i, owner, ids)
  end
end
local function lapsed(i, owner, most)
  local q, ids = KEYS[3 * i - 2], {}
  local held = redis.pcall('XPENDING', q, 'g', 'IDLE', lease, '-', '+', most + 100)
  for _, one in ipairs(held.err and {} or held) do
    if one[2]:sub(-1) == '!' then
      redis.call('XACK', q, 'g', one[1])
      found[i][2] = found[i][2] + redis.call('XDEL', q, one[1])
    elseif #ids < most then
      ids[#ids + 1] = one[1]
    end
  end
  claim(i, owner, ids)
end
local function part(i, owner, most)
  local before = got
  local function left() return most - (got - before) end
  given_back(i, owner, left)
  if left() > 0 and lease > 0 then lapsed(i, owner, left()) end
  if left() > 0 then
    local q = KEYS[3 * i - 2]
    local reply = redis.pcall('XREADGROUP', 'GROUP', 'g', owner, 'COUNT', left(), 'STREAMS', q, '>')
    if reply and not reply.err then keep(i, owner, reply[1][2]) end
  end
  return left() == 0
end
local function fetch(i, most)
  local full, step = true, math.max(0, need - got) + 8
  while full and most > 0 and (got < need or bytes < most_bytes) do
    local owner = got < sure and ours or me
    step = math.min(step, most, owner == ours and sure - got or most)
    full, most = part(i, owner, step), most - step
    step = got > need and math.ceil((most_bytes - bytes) * (got - need) / math.max(1, bytes)) or 8
  end
  return full
end
local share = math.ceil(want / count)
for i = 1, count do
  more[i] = fetch(i, math.min(share, want - got))
end
for i = 1, count do
  if more[i] and got < want then fetch(i, want - got) end
end
local short = got < need or (got < want and bytes < most_bytes)
if short then
  for i = 1, count do
    redis.call('ZADD', KEYS[3 * i - 1], now, me)
    redis.call('PEXPIRE', KEYS[3 * i - 1], 10000)
  end
end
return {short and 1 or 0, found}
"""
)
"""Take entries of one or several queues, in fair shares, and wait for more where there were too few.

Keys: stream, waiting, back of each queue. Arguments: the hub that takes, how many it wants in all, how many it needs,
how many it takes for good (those that it needs, and more for receivers that come back quickly), milliseconds after
which what a hub has taken and neither acknowledged nor given back has lapsed (0: do not look), bytes beyond which no
more is taken than it needs, then for each queue the milliseconds until an entry expires (0: never). With fewer than
it needs, or than it wants and not because of the bytes, it is registered as waiting.
Answers [registered, [[expired, uncertain, ours, id, message, id, message …] of each queue]].

The first ``ours`` entries of a queue are those taken for good: they belong to ``<hub>!`` and may be given at
once, for nobody takes them over: when they lapse, whether somebody got them is ``uncertain``, and they are dropped.
The others belong to ``<hub>``: whoever finds them lapsed takes them over, so they may be given when CLAIM has said 1.
All stay pending.
"""

CLAIM = Script("""
local q, me, ours, first, last = KEYS[1], ARGV[1], ARGV[1] .. '!', ARGV[2], ARGV[3]
local function held(owner)
  local reply, found = redis.pcall('XPENDING', q, 'g', first, last, 1000, owner), {}
  for _, one in ipairs(reply.err and {} or reply) do found[one[1]] = true end
  return found
end
local ahead, taken, words, got, mine = held(me), nil, {q, 'g', ours, 0}, {}, {}
for i = 4, #ARGV do
  if ahead[ARGV[i]] then words[#words + 1] = ARGV[i] end
end
if #words > 4 then
  words[#words + 1] = 'JUSTID'
  for _, id in ipairs(redis.call('XCLAIM', unpack(words))) do got[id] = true end
end
for i = 4, #ARGV do
  local id = ARGV[i]
  if not ahead[id] then
    taken = taken or held(ours)
    got[id] = taken[id]
  end
  mine[i - 3] = got[id] and 1 or 0
end
return mine
""")
"""Take for good what was taken ahead, so that it may be given.

Keys: stream. Arguments: the hub, the oldest and the youngest of the ids, ids. Answers 1 for each that is its own now,
or was already: who has not heard the answer asks again.
"""

ACK = Script("""
redis.call('XACK', KEYS[1], 'g', unpack(ARGV))
return redis.call('XDEL', KEYS[1], unpack(ARGV))
""")
"""Acknowledge and delete entries that were given. Keys: stream. Arguments: ids, 1000 at most. Answers how many."""

RING = Script(_RING + "if redis.call('XLEN', KEYS[1]) > 0 then ring(KEYS[2], ARGV[1], ARGV[2], 1) end")
"""Ring one waiting hub, for a hub that was rung and has nobody waiting any more.

Keys: stream, waiting. Arguments: what the names of bells begin with, the queue's name.
"""

GIVE_BACK = Script(
    _RING
    + """
local back = 0
for i = 5, #ARGV do
  local held = redis.pcall('XPENDING', KEYS[1], 'g', ARGV[i], ARGV[i], 1)
  local owner = not held.err and held[1] and held[1][2]
  if owner == ARGV[1] or owner == ARGV[1] .. '!' then
    redis.call('XCLAIM', KEYS[1], 'g', '~', 0, ARGV[i], 'JUSTID')
    back = back + 1
  end
end
if back > 0 then
  redis.call('SET', KEYS[3], 1, 'PX', ARGV[4])
  ring(KEYS[2], ARGV[2], ARGV[3], back)
end
return back
"""
)
"""Give taken entries back, to be taken before all others; those that another hub took over are left alone.

Keys: stream, waiting, back. Arguments: the hub that took them, what the names of bells begin with, the
queue's name, milliseconds that given-back ones are looked for (after that the lease finds them), ids.
Answers how many went back.
"""

RECOVER = Script(
    _RING
    + """
local known, back, given = {}, 0, tonumber(ARGV[5])
for i = 6, #ARGV do known[ARGV[i]] = i > 5 + given and 'held' or 'given' end
for _, owner in ipairs({ARGV[1], ARGV[1] .. '!'}) do
  local from = '-'
  while from do
    local held = redis.pcall('XPENDING', KEYS[1], 'g', from, '+', 1000, owner)
    from = nil
    for n, one in ipairs(held.err and {} or held) do
      if not known[one[1]] then
        redis.call('XCLAIM', KEYS[1], 'g', '~', 0, one[1], 'JUSTID')
        back = back + 1
      elseif known[one[1]] == 'given' then
        redis.call('XACK', KEYS[1], 'g', one[1])
        redis.call('XDEL', KEYS[1], one[1])
      end
      if n == 1000 then from = '(' .. one[1] end
    end
  end
end
if back > 0 then
  redis.call('SET', KEYS[3], 1, 'PX', ARGV[4])
  ring(KEYS[2], ARGV[2], ARGV[3], back)
end
return back
"""
)
"""After a lost connection: give back what a hub took without knowing it, acknowledge what it has given.

Keys and first four arguments as GIVE_BACK; then how many ids of given entries follow, those, and the ids that the hub
holds. Answers how many went back.
"""

FORGET = Script("""
local reply, gone = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], 'g'), 0
if reply.err then return 0 end
for _, hub in ipairs(reply) do
  local name, pending, idle = hub[2], hub[4], hub[6]
  local mine = name == ARGV[1] or name == ARGV[1] .. '!'
  if pending == 0 and name ~= '~' and (mine or idle > tonumber(ARGV[2])) then
    gone = gone + redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'g', name) + 1
  end
end
return gone
""")
"""Forget hubs that hold nothing: this one, and those that have not asked for so many milliseconds.

Keys: stream. Arguments: hub, milliseconds. Answers how many. A hub that asks again is known again.
"""

GROUP_SEND = Script(
    _CLOCK
    + """
local heard = redis.call('PUBLISH', KEYS[1], ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 0 then return {heard, {}} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. (clock() - ARGV[2]))
return {heard, redis.call('ZRANGE', KEYS[2], 0, -1)}
"""
)
"""Publish to a group. Keys: its pub/sub channel, its queue members. Arguments: message, milliseconds of membership.

Answers [number of hubs that heard it, [queue members …]]; the caller pushes to those.
"""

GROUP_JOIN = Script(
    _CLOCK
    + """
local new = redis.call('ZADD', KEYS[1], clock(), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return new
"""
)
"""Make a queue a member of a group, or renew that. Keys: queue members. Arguments: queue, ms of membership."""

DELAY = Script(
    _CLOCK
    + """
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
return redis.call('ZADD', KEYS[1], clock() + ARGV[1], ARGV[2])
"""
)
"""Keep an item for later. Keys: the delays. Arguments: milliseconds, item (unique), how many there may be.

Answers 0 when there are so many already.
"""

DUE = Script(
    _CLOCK
    + """
local now = clock()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, item in ipairs(due) do
  if tonumber(ARGV[2]) > 0 then
    redis.call('ZADD', KEYS[1], now + ARGV[2], item)
  else
    redis.call('ZREM', KEYS[1], item)
  end
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return {first and math.max(0, first - now) or -1, due}
"""
)
"""Take what is due. Keys: the delays. Arguments: how many at most, lease in milliseconds.

With a lease of 0 items are removed; otherwise they come again after it unless somebody removes them (ZREM).
Answers [milliseconds until the next is due or -1, items].
"""
