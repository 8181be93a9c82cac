import asyncio
import hashlib
from io import BytesIO
from typing import Any

import pytest

from interfaces.email.auth import message as module
from interfaces.email.auth.message import Message
from tests.email.auth.mails import message


def test_what_is_ours_is_not_looked_at() -> None:
    """The Received line in front of a message is no field of its author's."""
    found = message(b"Received: us\r\n\tdate\r\nReceived: them\r\nFrom: a\r\n\r\n", own=1)
    assert [raw for _, raw in found.header] == [b"Received: them\r\n", b"From: a\r\n"]
    assert found.named(b"from") == [(b"from", b"From: a\r\n")]


def test_digests_are_of_the_body_alone() -> None:
    """The body is read from where the header ends, in pieces, once for both forms; without a wish it is not read."""
    content = b"From: a\r\n\r\n" + b"a  b\r\n" * 30_000
    opened = []

    def file() -> BytesIO:
        opened.append(1)
        return BytesIO(content)

    found = Message.of(content[:11], file)
    digests = asyncio.run(found.digests([True, False, True]))
    assert digests[False] == (hashlib.sha256(content[11:]).digest(), 180_000)
    assert digests[True] == (hashlib.sha256(b"a b\r\n" * 30_000).digest(), 150_000)
    assert asyncio.run(found.digests([])) == {}
    assert opened == [1]


def test_a_header_that_is_too_large() -> None:
    """A header beyond the limit is not taken apart."""
    found = message(b"X: " + b"y" * module.LARGEST + b"\r\n\r\n")
    assert found.too_large
    assert found.header == []


def test_small_messages_need_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is looked at where it is; what is large is given to another thread."""
    threads = []

    async def thread(do: Any, *arguments: Any) -> Any:
        threads.append(do)
        return do(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", thread)
    for size, count in ((1000, 0), (module.PIECE + 1, 1)):
        found = Message.of(b"From: a\r\n\r\n", lambda: BytesIO(b"From: a\r\n\r\nx\r\n"), size=size)
        asyncio.run(found.digests([True]))
        assert len(threads) == count
