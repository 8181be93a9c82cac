"""Who has said STOP."""

import asyncio
import os
import re
from collections import Counter

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.sms.sending import suppression as module
from interfaces.sms.sending.opt_out_file import OptOutFile
from interfaces.sms.sending.suppression import Memory, Suppression, opt_outs
from tests.sms.sending.kit import OURS, THEIRS, run

OTHER = "MyShop"


def said(keyword, key="k1", **more):
    """An event."""
    base = {"type": "sms.receive", "keyword": keyword, "to_address": OURS, "from_address": THEIRS}
    return {**base, "dedupe_key": key, **more}


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    """One of each kind that needs nothing."""
    return Memory() if request.param == "memory" else OptOutFile(tmp_path / "out", lambda: 1_700_000_000.4)


def test_what_was_said_last_holds(store):
    """Of one number of ours; "" asks for any of them; to say it twice changes nothing."""

    async def main():
        await store.open()
        found = []
        for ours, out in (
            (OURS, True),
            (OURS, True),
            (OTHER, True),
            (OURS, False),
            (OTHER, False),
            (OTHER, False),
        ):
            await store.note(ours, THEIRS, out=out)
            found.append([await store.has(one, THEIRS) for one in (OURS, OTHER, "")])
        assert found == [
            [True, False, True], [True, False, True], [True, True, True], [False, True, True], [False, False, False],
            [False, False, False],
        ]  # fmt: skip
        assert not await store.has(OURS, "+1")
        await store.close()
        assert "0" in repr(store)

    run(main)


def test_memory_takes_no_more_than_it_may():
    """A further STOP is to come again; a START makes room."""

    async def main():
        store = Memory(most=2)
        await store.note(OURS, "+1", out=True)
        await store.note(OURS, "+2", out=True)
        with pytest.raises(Unavailable, match="2 opt-outs"):
            await store.note(OURS, "+3", out=True)
        assert not await store.has(OURS, "+3") and len(store) == 2
        await store.note(OURS, "+1", out=False)
        await store.note(OURS, "+3", out=True)

    run(main)


def test_a_file_is_read_by_the_next_process(tmp_path):
    """And by another that has it open; each line says who, whom, and when."""

    async def main():
        path = tmp_path / "out"
        one, two = OptOutFile(path, lambda: 1_700_000_000.4), OptOutFile(path)
        await one.open()
        await two.open()
        await one.note(OURS, THEIRS, out=True)
        assert await two.has(OURS, THEIRS)
        await two.note(OURS, THEIRS, out=False)
        assert not await one.has(OURS, THEIRS)
        await one.note("My Shop", THEIRS, out=True)
        assert await one.has("My Shop", THEIRS)
        await one.close()
        await one.close()
        await two.close()
        third = OptOutFile(path)
        await third.open()
        assert await third.has("My Shop", THEIRS) and not await third.has(OURS, THEIRS)
        await third.close()
        lines = path.read_text().splitlines()
        assert lines[0] == f"out {OURS} {THEIRS} 1700000000"
        assert re.fullmatch(rf"in {re.escape(OURS)} {re.escape(THEIRS)} \d+", lines[1])
        assert path.stat().st_mode & 0o077 == 0

    run(main)


def test_a_line_that_was_cut_off_harms_no_other(tmp_path):
    """A process has died while it wrote: the next line begins anew, and what means nothing is passed over."""

    async def main():
        path = tmp_path / "out"
        path.write_bytes(b"hello\nout +1 +2 3 4\nout +41 \xff\xfe 1\nout +1 +2 5\nout +1 +3")
        store = OptOutFile(path)
        await store.open()
        assert await store.has("+1", "+2") and not await store.has("+1", "+3")
        await store.note("+1", "+4", out=True)
        assert path.read_bytes().splitlines()[-2:] == [b"out +1 +3", path.read_bytes().splitlines()[-1]]
        assert await store.has("+1", "+4") and not await store.has("+1", "+3")
        await store.close()

    run(main)


def test_a_disk_that_fails(tmp_path, monkeypatch):
    """What cannot be written is to come again; a path that cannot be opened is the operator's mistake."""

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    async def main():
        store = OptOutFile(tmp_path / "out")
        await store.open()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(Unavailable, match="No space"):
                await store.note(OURS, THEIRS, out=True)
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", lambda _fd, _line: 1)
            with pytest.raises(Unavailable, match="no room"):
                await store.note(OURS, "+1", out=True)
        with monkeypatch.context() as patched:
            patched.setattr(os, "pread", full)
            with pytest.raises(Unavailable, match="No space"):
                await store.has(OURS, THEIRS)
        await store.close()
        with pytest.raises(ConfigError, match="--sms-opt-out file:"):
            await OptOutFile(tmp_path / "no" / "out").open()

    run(main)


def test_those_who_write_side_by_side_lose_nothing(tmp_path):
    """Each line is whole."""

    async def main():
        store = OptOutFile(tmp_path / "out")
        await store.open()
        await asyncio.gather(*(store.note(OURS, f"+{number}", out=True) for number in range(50)))
        assert all([await store.has(OURS, f"+{number}") for number in range(50)])
        assert len((tmp_path / "out").read_text().splitlines()) == 50
        await store.close()

    run(main)


def test_what_an_option_names(tmp_path):
    """Nothing is opened by that; what is none is refused with what there is."""
    assert isinstance(opt_outs("memory"), Memory)
    assert opt_outs("off") is None
    assert repr(opt_outs(f"file:{tmp_path}/x")) == f"<OptOutFile {tmp_path}/x: 0>"
    assert not (tmp_path / "x").exists()
    assert repr(opt_outs("django:")) == repr(opt_outs("django")) == "Django's database"
    for wrong in ("", "file:", "redis://x", "Memory"):
        with pytest.raises(ConfigError, match="memory, file:PATH, django: or off"):
            opt_outs(wrong)


def test_django_may_not_be_there(monkeypatch):
    """It says what to install."""

    def missing(_name):
        raise ImportError("no django")

    monkeypatch.setattr(module, "import_module", missing)
    with pytest.raises(ConfigError, match=r"pip install 'asgi-interfaces\[django\]'"):
        opt_outs("django:")


def test_keywords_are_noted():
    """STOP and START, by the pair of numbers; all else is none of its business."""

    async def main():
        counts = Counter()
        found = Suppression(Memory(), lambda name: counts.update([name]))
        for number, (event, stops) in enumerate(
            [
                (said(None), False),
                (said("HELP"), False),
                (said("STOP"), True),
                (said(None), True),
                (said("START"), False),
                (said("STOP", from_address=f"whatsapp:{THEIRS}", to_address=f"whatsapp:{OURS}"), True),
                ({"type": "sms.status"}, True),
            ]
        ):
            await found.hook({**event, "dedupe_key": f"k{number}"}, "main")
            assert await found.stops(OURS, THEIRS) is stops, event
        assert not await found.stops(OTHER, THEIRS)
        assert await found.stops("", f"whatsapp:{THEIRS}")
        assert counts == {"sms.opted_out": 2, "sms.opted_in": 1}
        assert repr(found) == "<Suppression by <Memory of 1 opt-outs>>"

    run(main)


def test_a_repeat_of_an_old_word_undoes_nothing(monkeypatch):
    """The provider says STOP again after START was said: that one was noted; of very old ones that is not known."""
    monkeypatch.setattr(module, "HANDLED", 2)

    async def main():
        found = Suppression(Memory(), lambda name: None)
        await found.hook(said("STOP", "k1"), "main")
        await found.hook(said("START", "k2"), "main")
        await found.hook(said("STOP", "k1"), "main")
        assert not await found.stops(OURS, THEIRS)
        await found.hook(said("STOP", "k3"), "main")
        assert list(found._handled) == ["k2", "k3"]

    run(main)


def test_what_could_not_be_noted_is_noted_when_it_comes_again():
    """Only what is kept counts as handled."""

    class Away(Memory):
        """Does not answer the first time."""

        times = 0

        async def note(self, ours, theirs, *, out):
            self.times += 1
            if self.times == 1:
                raise Unavailable("away")
            await super().note(ours, theirs, out=out)

    async def main():
        found = Suppression(Away(), lambda name: None)
        with pytest.raises(Unavailable):
            await found.hook(said("STOP"), "main")
        assert not await found.stops(OURS, THEIRS)
        await found.hook(said("STOP"), "main")
        assert await found.stops(OURS, THEIRS)

    run(main)


def test_off_is_off():
    """Whoever wants it elsewhere, as at the provider, has nothing noted and nothing held back."""

    async def main():
        found = Suppression(None, lambda name: None)
        await found.hook(said("STOP"), "main")
        assert not await found.stops(OURS, THEIRS)

    run(main)
