"""Workers are restarted one after the other under open sockets: tools/soak_rolling.py, with smaller numbers."""

import asyncio
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from tests.deploy.houses import WAYS, House
from tests.tools.loading import load

SOCKETS = 20
DRAIN = 3.0
PAUSE = 0.2
"""Seconds between two messages of a socket."""

soak = load("tools/soak_rolling.py")


@pytest.fixture(autouse=True)
def _pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "PAUSE", PAUSE)


def rolled(directory: Path, way: str, style: str) -> dict[str, int]:
    """What was counted, when all was as promised."""
    with (
        Embedded() as broker,
        House(directory, way, soak.APPS[style], broker.url, f"--drain={DRAIN}") as house,
    ):
        report = asyncio.run(soak.roll(house, style, SOCKETS, DRAIN))
    assert report.wrong == []
    counts: dict[str, int] = report.counts
    return counts


@pytest.mark.parametrize("way", WAYS)
def test_in_event_style_nobody_notices(tmp_path: Path, way: str) -> None:
    """No socket closes; each message reaches all of its room once; sessions count on."""
    counts = rolled(tmp_path, way, "event")
    assert counts["heard"] == counts["said"] * soak.ROOM == counts["answered"] * soak.ROOM > SOCKETS


@pytest.mark.parametrize("way", WAYS)
def test_in_session_style_sockets_come_back(tmp_path: Path, way: str) -> None:
    """Closed with 1012 one after the other; what was said is answered, or was under way to a socket so closed."""
    counts = rolled(tmp_path, way, "session")
    assert counts["said"] == counts["answered"] + counts["under way when moved"]
    assert counts["closed with 1012"] >= SOCKETS


def test_a_lost_message_is_noticed() -> None:
    """The counting itself: a member that missed one message, and one that heard one twice."""

    async def main() -> soak.Report:
        report = soak.Report()
        sockets = [soak.Socket(0, "/", f"s{at}", report) for at in range(2)]
        sockets[0].said = 2
        sockets[0].heard.update(["s0.1", "s0.2", "s0.2"])
        sockets[1].heard.update(["s0.1"])
        sockets[1].code = 1006
        await soak._counted(sockets, report)
        return report

    counts = asyncio.run(main()).counts
    assert (counts["lost"], counts["doubled"], counts["heard"]) == (1, 1, 4)
