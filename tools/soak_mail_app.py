#!/usr/bin/env python3
"""The application of soak_mail.py, and ``interfaces`` as a process that kills itself at a point (kill -9).

    python tools/soak_mail_app.py serve email --app soak_mail_app:application --app-dir tools …

SOAK_DATABASE is where it writes: SQLite in WAL mode, with an fsync a transaction. SOAK_ARM is a symbolic link that is
not there: once it is, its target names the point at which this process dies. SOAK_SLOW is how long a slow message
takes. SOAK_FAULT "early" answers before it writes, "twice" does not look what was done: the soak has to notice.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

__all__ = ["ACCEPTED", "APPLICATION", "BODY", "SERVER", "SPOOL", "TABLES", "application", "main", "opened"]

APPLICATION = ("started", "before", "slow", "inside", "written", "said")
"""Points: before the application takes the message, before and in its work, in its transaction, and behind that; and
once it has sent its verdict."""
CONNECTION = {
    "connection_made": "connected", "data_received": "bytes", "_begin": "begun", "_add": "data", "_deliver": "dot",
    "_decided": "decided", "_told": "answering", "eof_received": "end", "connection_lost": "lost",
}  # fmt: skip
"""Points before these methods of a connection. "called" is before the call of the application, or before what is done
in its place; "answered" is behind the answer, which then is on its way."""
REPEATS = {"orphan": "orphan", "remember": "kept"}
BODY = {"_write": "spooled"}
SERVER = (*CONNECTION.values(), "called", "answered", *REPEATS.values(), *BODY.values())
ACCEPTED = ("kept-told", "starting", "settling")
"""Points of what is accepted before the application has it: before the answer, before the application starts, and
before what it said is written down."""
SPOOL = ("write", "written-down", "synced")
"""More of them, where it is kept in a spool: before it is written, between that and its fsync, and behind it."""
ARM = Path(os.environ.get("SOAK_ARM", "never"))
FAULT = os.environ.get("SOAK_FAULT", "")
PAUSE, LONGEST = 0.2, 5.0
"""Seconds until what was accepted is tried again, the first time and at most: a soak is not to wait for minutes."""
TABLES = """
CREATE TABLE IF NOT EXISTS run (id TEXT, name TEXT, recipients TEXT, key TEXT, verdicts TEXT, whole INTEGER);
CREATE INDEX IF NOT EXISTS run_name ON run (name);
CREATE TABLE IF NOT EXISTS once (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS effect (name TEXT, recipient TEXT);
"""


def opened(path: str) -> sqlite3.Connection:
    """The database, every commit of which is on the disk."""
    database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def at(point: str) -> None:
    """Die here, if that was asked for."""
    try:
        armed = str(ARM.readlink())
    except OSError:
        return
    if armed == point:
        os.kill(os.getpid(), signal.SIGKILL)


# --- the application -------------------------------------------------------------------------------


class Book:
    """What is written of a message, by one thread in one transaction."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.database = opened(os.environ["SOAK_DATABASE"])

    def write(self, kind: str, name: str, event: dict[str, Any], *, lmtp: bool) -> list[str]:
        """Write down the message and its effects; the verdict of each recipient."""
        run, to = self.database.execute, event["to"]
        run("BEGIN IMMEDIATE")
        try:
            seen = {
                one
                for (said,) in run("SELECT recipients FROM run WHERE name = ?", [name])
                for one in json.loads(said)
            }
            verdicts = [_verdict(kind, at, one in seen) for at, one in enumerate(to)]
            run(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)",
                [event["id"], name, json.dumps(to), event["dedupe_key"], json.dumps(verdicts), _whole(event)],
            )
            self._effects(name, event, verdicts, apart=lmtp or kind == "mixed")
            at("inside")
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
        return verdicts

    def _effects(self, name: str, event: dict[str, Any], verdicts: list[str], *, apart: bool) -> None:
        """Each accepted recipient's, unless it was had; ``apart``: one may be had without the other."""
        run, first = self.database.execute, event["to"][0]
        done: dict[str, bool] = {}
        for one, verdict in zip(event["to"], verdicts, strict=True):
            key = event["dedupe_key"].replace(f" {first} ", f" {one} ") if apart else event["dedupe_key"]
            if verdict == "accept" and key not in done:
                done[key] = run("INSERT OR IGNORE INTO once VALUES (?)", [key]).rowcount == 0
            if verdict == "accept" and (FAULT == "twice" or not done[key]):
                run("INSERT INTO effect VALUES (?, ?)", [name, one])


def _verdict(kind: str, place: int, seen: bool) -> str:
    """Grey messages are deferred when they come first; of mixed ones, every other recipient."""
    return "defer" if not seen and (kind == "grey" or (kind == "mixed" and place % 2)) else "accept"


def _whole(event: dict[str, Any]) -> bool:
    """Whether it is what was sent: the last line has the hash of all before."""
    reference = event["body_ref"]
    content = Path(reference["path"]).read_bytes() if reference else event["body"]
    _, _, body = content.partition(b"\r\n\r\n")
    text, _, told = body.rpartition(b"\r\nsum ")
    return sha256(text).hexdigest().encode() == told.strip()


_book: list[Book] = []


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Write it down, and say what becomes of it."""
    if scope["type"] != "email":
        raise NotImplementedError(scope["type"])
    at("started")
    event = await receive()
    kind, _, name = event["subject"].partition(" ")
    if not _book:
        _book.append(Book())
    book, loop = _book[0], asyncio.get_running_loop()
    lmtp = scope["protocol"] == "lmtp"
    at("before")
    if kind == "slow":
        at("slow")
        await asyncio.sleep(float(os.environ["SOAK_SLOW"]))
    if FAULT == "early":
        loop.call_later(0.2, lambda: book.thread.submit(book.write, kind, name, event, lmtp=lmtp))
        at("written")
        return
    verdicts = await loop.run_in_executor(book.thread, lambda: book.write(kind, name, event, lmtp=lmtp))
    at("written")
    if len({*verdicts}) == 1:
        await send({"type": f"email.{verdicts[0]}"})
    else:
        for index, verdict in enumerate(verdicts):
            code = 250 if verdict == "accept" else 451
            await send(
                {"type": "email.status", "index": index, "recipient": event["to"][index], "code": code}
            )
    at("said")


# --- the process -----------------------------------------------------------------------------------


def patched() -> None:
    """Give the server its points."""
    from interfaces.email import connection  # noqa: PLC0415 - workers need none of it
    from interfaces.email.accepting import Accepting  # noqa: PLC0415
    from interfaces.email.body import Body  # noqa: PLC0415
    from interfaces.email.deliveries import Repeats  # noqa: PLC0415
    from interfaces.layers import durable_items  # noqa: PLC0415
    from interfaces.shared import pacing  # noqa: PLC0415
    from interfaces.shared.spool.segments import Segments  # noqa: PLC0415

    def behind(point: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any) -> Any:
            at(point)
            return method(*words)

        return call

    def after(point: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any) -> Any:
            found = method(*words)
            at(point)
            return found

        return call

    def answered(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, message: Any, replies: list[bytes]) -> None:
            method(self, message, replies)
            if replies[0].startswith(b"250 2"):
                at("answered")

        return call

    for module in (pacing, durable_items):
        module.FIRST, module.LONGEST = PAUSE, LONGEST  # type: ignore[attr-defined]  # constants to all but us
    accepted = {"_is_kept": "kept-told", "_begin": "starting", "_decided": "settling"}
    points: list[tuple[Any, dict[str, str]]] = [
        (connection.Connection, CONNECTION), (Repeats, REPEATS), (Body, BODY), (Accepting, accepted),
        (Segments, {"_write": "write"}), (connection, {"call": "called"}),
    ]  # fmt: skip
    for kind, names in points:
        for name, point in names.items():
            setattr(kind, name, behind(point, getattr(kind, name)))
    for owner, name, wrapped in (
        (connection.Connection, "_told", answered), (Segments, "_write", lambda one: after("written-down", one)),
        (Segments, "add", lambda one: after("synced", one)),
    ):  # fmt: skip
        setattr(owner, name, wrapped(getattr(owner, name)))


def main() -> int:
    """The command line of ``interfaces``."""
    sys.path[:0] = [str(ROOT)]
    from interfaces.cli import main as cli  # noqa: PLC0415 - found only now

    if sys.argv[1] == "serve":
        patched()
    return cli()


if __name__ == "__main__":
    sys.exit(main())
