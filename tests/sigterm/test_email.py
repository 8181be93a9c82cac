"""SIGTERM under a load of mail: who is idle hears 421, a message on its way is finished, and each is kept once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.sigterm.taking import Taking, refused, until

SERVE = ("serve", "email", "--email-bind", "127.0.0.1:0")


class Session:
    """A client of SMTP; every answer is one of ``answers``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int) -> "Session":
        """Connected, and greeted."""
        session = cls(*await asyncio.open_connection("127.0.0.1", port))
        assert await session.hears() == 220
        assert await session.says("HELO client.example") == 250
        return session

    async def hears(self) -> int:
        """The next reply's code; 0 at the end, and where what we wrote crossed it."""
        try:
            line = await self.reader.readline()
        except ConnectionResetError:
            return 0
        return int(line[:3] or 0)

    async def says(self, line: str) -> int:
        """One line, and what is replied."""
        self.writer.write(f"{line}\r\n".encode())
        return await self.hears()

    async def begins(self) -> int:
        """A message, up to its content; the first reply that is no yes, or 354."""
        for line in ("MAIL FROM:<a@a.example>", "RCPT TO:<b@b.example>", "DATA"):
            code = await self.says(line)
            if code != 250:
                return code
        raise AssertionError("there was no 354")

    async def ends(self, subject: str) -> int:
        """The rest of a message whose first line was written; its reply."""
        return await self.says(f"Subject: {subject}\r\n\r\nhello\r\n.")


class Mails:
    """Clients that send one message after the other."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.replies: Counter[int] = Counter()
        self.accepted: list[str] = []
        self._subjects = (f"m{number}" for number in count())

    async def client(self) -> None:
        """One session, until it is told that the server stops."""
        session = await Session.to(self.port)
        while (code := await session.begins()) == 354:
            subject = next(self._subjects)
            code = await session.ends(subject)
            self.replies[code] += 1
            if code == 250:
                self.accepted.append(subject)
        self.replies[code] += 1
        assert await session.hears() == 0
        session.writer.close()


async def slowly(session: Session, stopping: Callable[[], bool], accepted: list[str]) -> None:
    """A message whose content began before the signal, and ends after that."""
    assert await session.begins() == 354
    session.writer.write(b"X-Slow: yes\r\n")
    await until(stopping)
    assert await session.ends("slow") == 250
    accepted.append("slow")
    assert [await session.hears(), await session.hears()] == [421, 0]
    session.writer.close()


async def load(server: Taking) -> list[str]:
    """15 sessions that send, 10 idle, one amid its content, and SIGTERM; the subjects that were answered with 250."""
    port = await server.listens("email")
    mails = Mails(port)
    idle = [await Session.to(port) for _ in range(10)]
    session = await Session.to(port)
    slow = asyncio.ensure_future(slowly(session, lambda: "stopping" in server.said, mails.accepted))
    clients = asyncio.gather(*(mails.client() for _ in range(15)))
    await until(lambda: mails.replies[250] > 60)
    server.tell()
    for one in idle:
        assert [await one.hears(), await one.hears()] == [421, 0]
        one.writer.close()
    await clients
    await slow
    assert await refused(port)
    await server.stopped()
    assert mails.replies == {250: len(mails.accepted) - 1, 421: 15}
    return mails.accepted


def test_mail_that_was_answered_is_in_the_store_once(tmp_path: Path) -> None:
    """421 to each session in its turn, a content that had begun is finished, and every 250 is in the store, once."""
    with Taking(tmp_path / "one", *SERVE) as server:
        accepted = asyncio.run(load(server))
        assert sorted(server.done) == sorted(accepted)


def test_mail_that_was_only_kept_is_taken_up_again(tmp_path: Path) -> None:
    """Answered before the application, and kept in a spool: what was not called yet is called by the next process."""
    words = [*SERVE, "--email-ack", "accepted", "--email-spool", str(tmp_path / "spool")]
    with Taking(tmp_path / "one", *words, env={"WORK": "0.5"}) as server:
        accepted = asyncio.run(load(server))
        before = server.done
    assert len(before) < len(accepted)
    with Taking(tmp_path / "two", *words, env={"STORE": str(server.store)}):
        asyncio.run(until(lambda: len(server.done) >= len(accepted)))
        assert sorted(server.done) == sorted(accepted)
