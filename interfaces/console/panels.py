"""What the API says of the rest: chaos, the layer, and the simulators."""

from typing import Any

from interfaces.console.chaos import read
from interfaces.console.state import Console
from interfaces.console.web import Asked, json_answer
from interfaces.shared.meter import Meters
from interfaces.shared.webhook import Answer, refusal

__all__ = ["Panels"]


def workers_of(meters: Meters) -> list[dict[str, Any]]:
    """The workers that are connected to this container, in one row; none where none can be."""
    reads = meters.gauges.get(("relay.workers", ()), [])
    count = sum(int(read()) for read in reads)
    return [{"name": "connected to this container", "count": count}] if reads else []


class Panels:
    """Answers from the console's chaos, layer and simulators."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def chaos(self, asked: Asked, rest: list[str]) -> Answer:
        """What goes wrong now, and what has gone."""
        return json_answer(self.console.chaos.shown())

    def disturb(self, asked: Asked, rest: list[str]) -> Answer:
        """Set it; what is not said stays as it is."""
        chaos = self.console.chaos
        try:
            settings = read(asked.json(), chaos.settings)
        except ValueError as error:
            raise refusal(400, str(error)) from None
        self.console.broker.down(settings.broker_down)
        chaos.settings = settings
        return json_answer(chaos.shown())

    async def layer(self, asked: Asked, rest: list[str]) -> Answer:
        """Queues, groups, workers and dead letters."""
        found = await self.console.broker.shown(self.console.layer_url)
        found["workers"] = workers_of(self.console.serving.telemetry.meters)
        return json_answer(self.console.redactor.data(found))

    async def retried(self, asked: Asked, rest: list[str]) -> Answer:
        """Put a dead letter back."""
        if len(rest) != 3 or rest[0] != "dead" or rest[2] != "retry":
            raise refusal(404, "POST /api/layer/dead/ID/retry")
        if not await self.console.broker.retry(rest[1]):
            raise refusal(404, "there is no such dead letter")
        return json_answer({"ok": True})

    async def shown(self, asked: Asked, rest: list[str]) -> Answer:
        """What a simulator shows."""
        return json_answer(self.console.redactor.data(await self._of(rest).shown()))

    async def simulated(self, asked: Asked, rest: list[str]) -> Answer:
        """Do something in it."""
        found = await self._of(rest).do(asked.json())
        return json_answer({"ok": True, **self.console.redactor.data(found)})

    def _of(self, rest: list[str]) -> Any:
        found = self.console.simulators.get("/".join(rest))
        if found is None:
            raise refusal(404, f"there is a simulator of {', '.join(self.console.simulators)}")
        if not found.there:
            raise refusal(409, found.missing)
        return found
