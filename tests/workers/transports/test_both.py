"""Several sources as one."""

import asyncio
from typing import Any, Self

import pytest

from interfaces.workers.transports.both import Both
from tests.workers.transports.fakes import turns


class Source:
    """Keeps what it is told, in a list that all share."""

    def __init__(self, name: str, told: list[Any], trouble: Exception | None = None) -> None:
        self.name, self.told, self.trouble = name, told, trouble
        self.on_opening: Any = None
        self.drained = asyncio.Event()

    async def __aenter__(self) -> Self:
        if self.trouble is not None:
            raise self.trouble
        self.told.append(("in", self.name))
        return self

    async def __aexit__(self, *error: object) -> None:
        self.told.append(("out", self.name))

    def free(self, slots: int) -> None:
        self.told.append((slots, self.name))

    async def drain(self, seconds: float) -> None:
        self.told.append(("drain", self.name, seconds))
        await self.drained.wait()


def test_all_share_the_free_slots_and_the_call() -> None:
    """Each is told the same number, and brings its openings to the same place."""
    told: list[Any] = []
    sources = [Source("a", told), Source("b", told)]
    both = Both(sources)
    both.free(3)
    both.on_opening = print
    assert told == [(3, "a"), (3, "b")]
    assert [source.on_opening for source in sources] == [print, print] and both.on_opening is print


def test_both_are_drained_at_the_same_time() -> None:
    """One that takes long keeps the other from nothing; it is over when the last is."""

    async def main() -> None:
        told: list[Any] = []
        one, two = Source("a", told), Source("b", told)
        draining = asyncio.ensure_future(Both([one, two]).drain(4))
        await turns()
        assert told == [("drain", "a", 4), ("drain", "b", 4)]
        two.drained.set()
        await turns()
        assert not draining.done()
        one.drained.set()
        await draining

    asyncio.run(main())


def test_they_are_left_in_reverse() -> None:
    """Each once."""

    async def main() -> None:
        told: list[Any] = []
        async with Both([Source("a", told), Source("b", told)]):
            pass
        assert told == [("in", "a"), ("in", "b"), ("out", "b"), ("out", "a")]

    asyncio.run(main())


def test_one_that_cannot_be_entered_is_told() -> None:
    """Its error is what whoever enters both gets."""

    async def main() -> None:
        with pytest.raises(OSError, match="no"):
            await Both([Source("a", []), Source("b", [], OSError("no"))]).__aenter__()

    asyncio.run(main())
