"""The application of soak_slack.py and soak_sms.py: writes down what it begins and has done, each once by its key.

SOAK_DATABASE is the SQLite file. One message in fifty takes longer, so that a killed worker holds some. SOAK_FAULT
"twice" does not look what was done, "early" says that it is done before it is: the soak has to notice. One short
message in ten is answered.
"""

import asyncio
import os
import sqlite3
import threading
from typing import Any

__all__ = ["TABLES", "application"]

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS begun (
  key TEXT, attempt INTEGER, pid INTEGER, conversation TEXT, number INTEGER, at REAL DEFAULT (unixepoch('subsec')));
CREATE TABLE IF NOT EXISTS done (key TEXT PRIMARY KEY, times INTEGER, pid INTEGER);
"""
FAULT = os.environ.get("SOAK_FAULT", "")
SLOW, QUICK = 0.25, 0.002
_local = threading.local()


def _database() -> sqlite3.Connection:
    """One a thread."""
    if not hasattr(_local, "database"):
        _local.database = sqlite3.connect(os.environ["SOAK_DATABASE"], timeout=30, isolation_level=None)
        _local.database.execute("PRAGMA synchronous = NORMAL")
    found: sqlite3.Connection = _local.database
    return found


def _begin(key: str, attempt: int, conversation: str | None, number: int) -> bool:
    """Whether it is still to be done."""
    database = _database()
    database.execute(
        "INSERT INTO begun (key, attempt, pid, conversation, number) VALUES (?, ?, ?, ?, ?)",
        (key, attempt, os.getpid(), conversation, number),
    )
    known = database.execute("SELECT 1 FROM done WHERE key = ?", (key,)).fetchone()
    return known is None or FAULT == "twice"


def _finish(key: str) -> None:
    """Its effect."""
    _database().execute(
        "INSERT INTO done VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET times = times + 1",
        (key, os.getpid()),
    )


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Messages of Slack, and short messages."""
    if scope["type"] not in ("slack", "sms"):
        raise NotImplementedError(scope["type"])
    event = await receive()
    if event["type"] not in ("slack.message", "sms.receive"):
        return
    key, number = event["dedupe_key"], int(event["text"].split()[-1])
    if FAULT == "early":
        await send({"type": f"{scope['type']}.accept"})
    if not await asyncio.to_thread(_begin, key, event["attempt"], scope["conversation"], number):
        return
    await asyncio.sleep(SLOW if number % 50 == 0 else QUICK)
    if scope["type"] == "sms" and number % 10 == 0:
        await send({"type": "sms.reply", "text": f"answer {number}"})
    await asyncio.to_thread(_finish, key)
