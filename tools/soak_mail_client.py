"""Clients of soak_mail.py: they send as an MTA does, again and again until there is a 250, and hang up on the way."""

import asyncio
import math
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NoReturn

__all__ = ["HANGS", "Client", "Mail", "Traffic"]

LAST = 60.0
"""Seconds after the last death in which all has to get through, or it counts as what the server does not take."""
PATIENCE = 20.0
"""Seconds for one try."""
HANGS = ("greeting", "mail", "rcpt", "data", "half", "dot", "waiting", "partial", "heard")
"""When a client hangs up: behind what it has read or written; while it waits; behind the first of LMTP's replies;
and with its answer, but without QUIT."""
KINDS = ("plain",) * 5 + ("grey", "mixed", "twin", "slow", "large")
SENDERS = ("soak@example.org", "other@example.org", "")


class HangUpError(Exception):
    """The client has hung up."""


@dataclass
class Mail:
    """A message, and what became of it."""

    name: str
    kind: str
    sender: str
    to: list[str]
    content: bytes
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    ids: dict[str, str] = field(default_factory=dict)
    """Recipient → the id in its 250."""
    hangs: int = 0
    tries: int = 0
    late: bool = False
    """Whether a verdict came too late once; the repeat may have joined the call then."""

    @property
    def left(self) -> list[str]:
        """Who has no 250 yet."""
        return [one for one in self.to if one not in self.ids]


def mail(name: str, choose: random.Random) -> Mail:
    """Some message."""
    kind = choose.choice(KINDS)
    size = choose.randint(1_100_000, 1_300_000) if kind == "large" else choose.choice((100, 3_000, 60_000))
    lines = [f".{number} {name}".encode() for number in range(size // (len(name) + 8))]
    text = b"\r\n".join(lines)
    head = f"Message-ID: <{name}@soak>\r\nSubject: {kind} {name}\r\n\r\n".encode()
    content = head + text + b"\r\nsum " + sha256(text).hexdigest().encode() + b"\r\n"
    number = choose.randint(2 if kind == "mixed" else 1, 4)
    return Mail(name, kind, choose.choice(SENDERS), [f"to{n}@example.com" for n in range(number)], content)


class Traffic:
    """What all clients have in common: where to, and what they have sent and heard."""

    def __init__(self, smtp: int, lmtp: int, seed: int) -> None:
        self.ports = {False: smtp, True: lmtp}
        self.seed = seed
        self.mails: list[Mail] = []
        self.counts: Counter[str] = Counter()
        self.until = math.inf
        """When messages are given up."""
        self.ended = False

    def end(self) -> None:
        """Begin no more."""
        self.ended = True
        self.until = time.monotonic() + LAST

    async def run(self, clients: int) -> None:
        """Send until :attr:`ended`, and until what was begun is through."""
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                client = Client(self, lmtp=number % 3 == 2, choose=random.Random(f"{self.seed} {number}"))
                group.create_task(client.run(number))


class Client:
    """One that sends, over one connection at a time."""

    def __init__(self, traffic: Traffic, *, lmtp: bool, choose: random.Random) -> None:
        self.traffic = traffic
        self.lmtp = lmtp
        self.choose = choose
        self.open = False
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def run(self, number: int) -> None:
        """One message after the other; a twin is sent again once its answer was read."""
        turn = 0
        while not self.traffic.ended:
            turn += 1
            one = mail(f"{self.traffic.seed}.{number}.{turn}", self.choose)
            await self.deliver(one)
            if one.kind == "twin" and not one.left:
                if self.choose.random() < 0.5:
                    await self.quit()
                await self.deliver(Mail(one.name, "twin", one.sender, one.to, one.content))
            if self.choose.random() < 0.3:
                await self.quit()
        await self.quit()

    async def deliver(self, mail: Mail) -> None:
        """Try until each recipient has its 250."""
        self.traffic.mails.append(mail)
        while mail.left and time.monotonic() < self.traffic.until:
            mail.tries += 1
            hang = self.choose.choice(HANGS) if mail.tries <= 3 and self.choose.random() < 0.4 else ""
            if mail.kind == "twin" or (hang == "partial" and not self.lmtp):
                hang = ""
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.attempt(mail, hang)
            except HangUpError:
                mail.hangs += 1
                self.traffic.counts[f"hung up: {hang}"] += 1
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.traffic.counts[f"cut: {type(error).__name__}"] += 1
                self._cut()
            if mail.left:
                await asyncio.sleep(self.choose.uniform(0.02, 0.3))
        mail.ended = time.monotonic()

    # --- a try -------------------------------------------------------------------------------------

    async def attempt(self, mail: Mail, hang: str) -> None:
        """Send it to those who have no answer yet, in one write as far as one may, or step by step."""
        if not self.open:
            await self.connect()
            await self.say(b"LHLO soak\r\n" if self.lmtp else b"EHLO soak\r\n")
        if hang == "greeting":
            self._hang()
        left = mail.left
        steps = [f"MAIL FROM:<{mail.sender}>", *(f"RCPT TO:<{one}>" for one in left), "DATA"]
        if hang not in ("mail", "rcpt", "data") and self.choose.random() < 0.5:
            self._writer.write("".join(f"{step}\r\n" for step in steps).encode())
            said = [await self.reply() for _ in steps]
        else:
            said = []
            for step in steps:
                said.append(await self.say(f"{step}\r\n".encode()))
                if step.startswith(hang.upper() or "-") and (step[0] != "R" or len(said) == len(steps) - 1):
                    self._hang()
        if any(one[:1] not in b"23" for one in said):
            self.traffic.counts[
                f"refused: {next(one for one in said if one[:1] not in b'23')[:9].decode()}"
            ] += 1
            self._cut()
            return
        await self._content(mail, left, hang)

    async def _content(self, mail: Mail, left: list[str], hang: str) -> None:
        content = b"".join(
            b"." + line if line[:1] == b"." else line for line in mail.content.splitlines(True)
        )
        if hang == "half":
            self._writer.write(content[: len(content) // 2])
            self._hang()
        leave = mail.kind == "plain" and not hang and self.choose.random() < 0.1
        self._writer.write(content + b".\r\n" + (b"QUIT\r\n" if leave else b""))
        if hang == "waiting":
            await asyncio.sleep(self.choose.uniform(0, 0.02))
        if hang in ("dot", "waiting"):
            self._hang()
        for at, one in enumerate(left):
            if at == 0 or self.lmtp:
                said = await self.reply()
            self._told(mail, one if self.lmtp else "", said)
            if hang == "partial":
                self._hang()
        if hang == "heard":
            mail.hangs += 1
            self._cut()
        if leave:
            await self.reply()
            self._cut()

    def _told(self, mail: Mail, recipient: str, said: bytes) -> None:
        """An answer to the content: to all in SMTP, to one in LMTP."""
        self.traffic.counts[f"answered {said[:9].decode()}"] += 1
        mail.late |= said.startswith(b"451 4.4.5")
        if said.startswith(b"250"):
            found = re.search(rb"\b[0-9a-f]{16}\b", said)
            for one in [recipient] if recipient else mail.left:
                mail.ids[one] = found[0].decode() if found else ""

    # --- the connection ----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Connect, and hear the greeting."""
        port = self.traffic.ports[self.lmtp]
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self.open = True
        if not (await self.reply()).startswith(b"220"):
            raise ConnectionError

    async def say(self, command: bytes) -> bytes:
        """The last line of the answer to a command."""
        self._writer.write(command)
        return await self.reply()

    async def reply(self) -> bytes:
        """The last line of the next reply."""
        while True:
            line = await self._reader.readuntil(b"\r\n")
            if line[3:4] != b"-":
                return line

    async def quit(self) -> None:
        """Leave as one should: what was answered has been read then."""
        if self.open:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.say(b"QUIT\r\n")
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.traffic.counts["cut: at QUIT"] += 1
            self._cut()

    def _hang(self) -> NoReturn:
        self._cut(abort=self.choose.random() < 0.3)
        raise HangUpError

    def _cut(self, *, abort: bool = False) -> None:
        if self.open:
            self.open = False
            if abort:
                self._writer.transport.abort()
            else:
                self._writer.close()
