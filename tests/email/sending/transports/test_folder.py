"""Mail that becomes files."""

import asyncio
import errno
import mailbox
import os
from pathlib import Path
from typing import Any

import pytest

from interfaces.email.sending.transports.folder import Folder, Maildir
from tests.email.sending.transports.peer import MAIL, mail
from tests.http_ws.harness import scene


@scene
async def test_a_maildir_is_made_and_filled(tmp_path: Path) -> None:
    """As other programs read it: lines of files, the envelope in the fields of who delivers."""
    way = Maildir(tmp_path / "box", "us.example")
    results = await way.send(mail("b@b.example", "c@c.example"))
    await way.send(MAIL)
    await way.close()
    assert [one.status for one in results] == ["accepted", "accepted"]
    first, _ = sorted(mailbox.Maildir(tmp_path / "box"), key=lambda one: -len(one.items()))
    assert first["return-path"] == "<a@a.example>"
    assert first.get_all("delivered-to") == ["b@b.example", "c@c.example"]
    assert first.get_payload() == "Text\n"
    assert list((tmp_path / "box/tmp").iterdir()) == []
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "box/new").iterdir()} == {0o600}


@scene
async def test_a_folder_has_what_was_sent(tmp_path: Path) -> None:
    """Byte for byte, behind its envelope."""
    way = Folder(tmp_path / "out", "us/x:y")
    (result,) = await way.send(MAIL)
    (path,) = (tmp_path / "out").glob("*.eml")
    assert result.text == f"written as {path.name}"
    envelope = b"X-Envelope-From: <a@a.example>\r\nX-Envelope-To: <b@b.example>\r\n"
    assert path.read_bytes() == envelope + MAIL.content


@scene
async def test_a_disk_that_takes_nothing_is_tried_again(tmp_path: Path) -> None:
    """And no part of a file is left."""
    (tmp_path / "box").write_text("a file is in the way")
    (result,) = await Maildir(tmp_path / "box", "h").send(MAIL)
    assert (result.status, result.text) == ("deferred", f"{tmp_path / 'box'}: Not a directory")


@scene
async def test_commit_comes_before_anybody_can_read_it(tmp_path: Path) -> None:
    """What it raises is raised, and nothing is left; a cancelled one leaves nothing either."""
    way = Maildir(tmp_path, "h")

    async def refuse() -> None:
        assert len(list((tmp_path / "tmp").iterdir())) == 1
        assert list((tmp_path / "new").iterdir()) == []
        raise LookupError

    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    with pytest.raises(LookupError):
        await way.send(MAIL, refuse)
    begun = asyncio.Event()
    task = asyncio.create_task(way.send(MAIL, wait))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [*(tmp_path / "tmp").iterdir(), *(tmp_path / "new").iterdir()] == []


def failing(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> None:
    """``os.NAME`` fails once it has been called ``times`` times."""
    real, left = getattr(os, name), iter(range(times))

    def fails(*words: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise OSError(errno.EIO, "Input/output error")
        return real(*words, **named)

    monkeypatch.setattr(os, name, fails)


@pytest.mark.parametrize(
    ("call", "times", "status", "there"),
    [("fsync", 0, "deferred", 0), ("rename", 0, "deferred", 0), ("fsync", 1, "uncertain", 1)],
)
@scene
async def test_a_disk_that_fails_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, times: int, status: str, there: int
) -> None:
    """Before it can be read nothing is left of it; behind that it may be there twice if it is sent again: uncertain."""
    failing(monkeypatch, call, times)
    (result,) = await Maildir(tmp_path, "h").send(MAIL)
    assert (result.status, result.text) == (status, f"{tmp_path}: Input/output error")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert len(list((tmp_path / "new").iterdir())) == there


@scene
async def test_a_store_that_is_away_is_no_disk_that_fails(tmp_path: Path) -> None:
    """What whoever writes down that it begins raises is raised, an error of the operating system too."""

    async def away() -> None:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    with pytest.raises(ConnectionResetError):
        await Maildir(tmp_path, "h").send(MAIL, away)
    assert [*(tmp_path / "tmp").iterdir(), *(tmp_path / "new").iterdir()] == []


@scene
async def test_names_are_never_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two in one moment are two files; a name of ours with a slash or a colon in it makes no other folder."""
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_123_456_789)
    way = Maildir(tmp_path, "a/b:c")
    await asyncio.gather(*(way.send(MAIL) for _ in range(20)))
    names = [path.name for path in (tmp_path / "new").iterdir()]
    assert len(names) == 20
    assert all(one.startswith("1700000000.M123456P") and one.endswith(".a\\057b\\072c") for one in names)


@scene
async def test_the_null_sender_is_written_as_it_is(tmp_path: Path) -> None:
    """A bounce is known by its empty return path; nothing of the content changes but how its lines end."""
    await Maildir(tmp_path, "h").send(
        mail("b@b.example", mail_from="", content=b"A: b\r\n\r\n.\r\nFrom x\r\n")
    )
    (path,) = (tmp_path / "new").iterdir()
    assert path.read_bytes() == b"Return-Path: <>\nDelivered-To: b@b.example\nA: b\n\n.\nFrom x\n"
