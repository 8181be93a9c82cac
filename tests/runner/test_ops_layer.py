"""What waits in the layer, as figures."""

import asyncio
from math import isnan
from typing import Any

import pytest

from interfaces.runner.ops_figures import Figures
from interfaces.runner.ops_layer import Looked, measured
from interfaces.shared.errors import Unavailable
from interfaces.shared.telemetry import Telemetry


class Letters:
    """Durable queues of a broker, as dead letters know them."""

    found: dict[str, tuple[int, int]]

    def __init__(self, hub: Any) -> None:
        assert hub == "hub"

    async def queues(self) -> dict[str, tuple[int, int]]:
        """As the real one."""
        return self.found

    async def ready_since(self, queue: str) -> float:
        """As the real one."""
        return 990.0 if self.found[queue][0] else 0.0


class Local:
    """A layer without a broker."""

    error: Exception | None = None

    async def statistics(self) -> dict[str, int]:
        """As the contract has it; more than is told of."""
        if self.error is not None:
            raise self.error
        return {"messages": 3, "channels": 2, "groups": 1, "expired": 9}


class Brokered(Local):
    """A layer with one."""

    def hub(self) -> str:
        """Its share of the broker."""
        return "hub"


def told(telemetry: Telemetry) -> dict[str, float]:
    """The figures of the layer."""
    return {name: value for name, value in Figures(telemetry).gauges().items() if "_layer_" in name}


def test_a_local_layer_tells_what_is_in_it() -> None:
    """What its statistics have; nothing before the first look."""
    telemetry = Telemetry()
    looked = Looked(Local(), telemetry.meters)
    assert told(telemetry) == {}
    asyncio.run(looked.look())
    assert told(telemetry) == {
        "interfaces_layer_messages": 3, "interfaces_layer_channels": 2, "interfaces_layer_groups": 1,
    }  # fmt: skip


def test_durable_queues_are_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is in each, since when, and what it gave up; one that is gone is told no more."""
    monkeypatch.setattr("interfaces.layers.dead.DeadLetters", Letters)
    telemetry = Telemetry()
    looked = Looked(Brokered(), telemetry.meters, clock=lambda: 1000.0)
    Letters.found = {"slack": (4, 1), "sms": (0, 2)}
    asyncio.run(looked.look())
    queued = {name: value for name, value in told(telemetry).items() if "queue=" in name}
    assert queued == {
        'interfaces_layer_items{queue="slack"}': 4,
        'interfaces_layer_dead{queue="slack"}': 1,
        'interfaces_layer_oldest_seconds{queue="slack"}': 10,
        'interfaces_layer_items{queue="sms"}': 0,
        'interfaces_layer_dead{queue="sms"}': 2,
        'interfaces_layer_oldest_seconds{queue="sms"}': 0,
    }
    Letters.found = {"slack": (0, 1)}
    asyncio.run(looked.look())
    assert not [name for name in told(telemetry) if "sms" in name]
    assert told(telemetry)['interfaces_layer_items{queue="slack"}'] == 0


def test_queues_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names an application makes."""
    monkeypatch.setattr("interfaces.layers.dead.DeadLetters", Letters)
    monkeypatch.setattr("interfaces.runner.ops_layer.QUEUES", 2)
    Letters.found = {f"q{number}": (1, 0) for number in range(5)}
    telemetry = Telemetry()
    asyncio.run(Looked(Brokered(), telemetry.meters).look())
    assert sum("layer_items" in name for name in told(telemetry)) == 2


@pytest.mark.parametrize(
    "error", [Unavailable("gone"), TimeoutError(), RuntimeError("whatever a broker says")]
)
def test_what_cannot_be_found_out_is_not_told(error: Exception) -> None:
    """An old figure would be none; the next look may find it again."""
    telemetry, layer = Telemetry(), Local()
    looked = Looked(layer, telemetry.meters)
    asyncio.run(looked.look())
    layer.error = error
    asyncio.run(looked.look())
    assert told(telemetry) == {}
    assert all(isnan(read()) for (name, _), reads in telemetry.meters.gauges.items() for read in reads)


def test_it_is_looked_at_as_long_as_it_is_served() -> None:
    """At once, and then again; not after the end."""
    telemetry = Telemetry()

    async def run() -> int:
        async with measured(Local(), telemetry.meters):
            await asyncio.sleep(0)
            assert told(telemetry)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
