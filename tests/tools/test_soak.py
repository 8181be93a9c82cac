"""What the hour of mixed load calls wrong: memory that grows, descriptors that stay, clients that never came."""

import asyncio

import pytest

from tests.tools.loading import load

soak = load("tools/soak.py")


class Server(soak.Soak):
    """A server whose memory and descriptors are made up; its clients only count."""

    def __init__(self, memory, descriptors, kinds=None):
        super().__init__(0, 0)
        self._memory, self._descriptors = iter(memory), iter(descriptors)
        self._last = 0
        self.done.update(kinds if kinds is not None else {kind.__name__: 1 for kind in soak.KINDS})

    def memory(self):
        """The next figure, or the last one again."""
        self._last = next(self._memory, self._last)
        return self._last

    def descriptors(self):
        """The next figure, or none at all."""
        return next(self._descriptors, 0)

    async def client(self, number):
        """One that does nothing."""

    async def settled(self, begun):
        """At once."""


def wrong(memory=(1000,), descriptors=(), kinds=None):
    """What is wrong after no time at all."""
    return asyncio.run(Server(memory, descriptors, kinds).run(0.0))


def test_what_stays_level_is_right(capsys):
    """Memory may grow by as much as is said, and a loop may open some things for itself."""
    assert wrong() == []
    assert wrong(descriptors=(10, 10 + soak.SPARE)) == []
    assert "grew by 0 KiB" in capsys.readouterr().out


def test_descriptors_that_stay_are_wrong():
    """One more than a loop opens for itself."""
    assert wrong(descriptors=(10, 11 + soak.SPARE)) == [f"{soak.SPARE + 1} descriptors were not closed"]


def test_a_kind_of_client_that_never_came_is_wrong():
    """The soak would prove nothing of what it does."""
    kinds = {kind.__name__: 1 for kind in soak.KINDS if kind is not soak.half}
    assert wrong(kinds=kinds) == ["never tried: half"]


@pytest.mark.parametrize(("most", "said"), [(0, []), (1, ["memory grew by 16385 KiB, 16384 at most"])])
def test_memory_is_watched_after_the_warm_up(monkeypatch, most, said):
    """Its highest mark above the level after a tenth of the time counts, even when it falls again."""
    server = Server([1000, 1000 + soak.GROWTH + most, 1000 + soak.GROWTH + most, 1000], ())
    clock = iter(range(1000))
    monkeypatch.setattr(soak, "time", type("Clock", (), {"monotonic": staticmethod(lambda: next(clock))}))
    monkeypatch.setattr(soak, "REPORT", 0.0)
    assert asyncio.run(server.run(4.0)) == said


@pytest.mark.parametrize(("code", "said"), [(0, 0), (1, 1)])
def test_the_exit_code_says_whether_it_was_right(monkeypatch, capsys, code, said):
    """And each sentence stands on stderr."""

    async def played(seconds):
        assert seconds == 5.0
        return ["something"] * code

    monkeypatch.setattr(soak, "soak", played)
    monkeypatch.setattr(soak.sys, "argv", ["soak.py", "5"])
    assert soak.main() == said
    assert capsys.readouterr().err == "soak: something\n" * code
