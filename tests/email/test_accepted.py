"""interfaces.email.accepted: where accepted messages are kept."""

import asyncio

import pytest

from interfaces.email import accepted
from interfaces.email.accepted import accepting
from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.store import Spool
from tests.email.harness import Bench, mail, scene
from tests.email.test_accepting import App, message, replies


@scene
async def test_it_needs_a_place():
    """One line that names both."""
    async with Bench(ack="accepted") as bench:
        with pytest.raises(ConfigError, match=r"--email-spool DIR.*--layer"):
            async with accepting(bench.service):
                pass


@scene
async def test_it_says_how_well_it_keeps(tmp_path):
    """At the start; and lets go of the folder in the end."""
    async with Bench(App(), ack="accepted", spool=str(tmp_path)) as bench:
        for _ in range(2):
            async with accepting(bench.service):
                assert bench.service.accepting is not None
            assert bench.service.accepting is None
        assert bench.context.keeps[0].startswith(f"email accepted into spool {tmp_path / '0'}: ")


@scene
async def test_workers_share_a_folder(tmp_path):
    """Each has a spool of its own there, and a successor too, while its predecessor drains."""
    other = Spool(tmp_path / "0")
    await other.open()
    async with Bench(App(), ack="accepted", spool=str(tmp_path)) as bench:
        async with accepting(bench.service):
            assert bench.service.accepting.store.segments.folder == tmp_path / "1"
        await other.close()


@scene
async def test_what_nobody_comes_back_for_is_taken_over(tmp_path, monkeypatch):
    """Messages of a process that is gone are handled by one that is there, and its folder is left empty."""
    monkeypatch.setattr(accepted, "LEFT", 0.01)
    app = App()
    app.go.clear()
    async with Bench(app, ack="accepted", spool=str(tmp_path)) as bench:
        blocker = Spool(tmp_path / "0")
        await blocker.open()
        async with accepting(bench.service):
            peer = await bench.greeted()
            await replies(peer, mail(message()))
            while not app.events:
                await asyncio.sleep(0.001)
            bench.service.accepting.leave()
            for session in list(bench.service.sessions):
                session.cancel()
        await blocker.close()
    assert list((tmp_path / "1").glob("*.log"))
    again = App()
    async with Bench(again, ack="accepted", spool=str(tmp_path)) as bench, accepting(bench.service):
        assert bench.service.accepting.store.segments.folder == tmp_path / "0"
        while list((tmp_path / "1").glob("*.log")):
            await asyncio.sleep(0.001)
    assert again.told("id", "attempt") == app.told("id", "attempt")
