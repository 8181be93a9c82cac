"""Mail that becomes files."""

import asyncio
import mailbox
from pathlib import Path

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
