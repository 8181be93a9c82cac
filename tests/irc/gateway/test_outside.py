"""What is said at a gateway from anywhere reaches its clients, in all containers, and has a result."""

from typing import Any

import pytest

from interfaces.irc.gateway.outside import HANDED, GatewayWay, gateway_say, outside
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.sendings import Sending
from tests.irc.gateway.support import Bench, scene
from tests.irc.gateway.test_linking import pair


def without_source(lines: list[str]) -> list[str]:
    """Lines, without who said them."""
    return [line.partition(" ")[2] for line in lines]


@scene
async def test_what_is_delivered_from_anywhere_reaches_all_containers() -> None:
    """Whichever of them takes it; a message that cannot be delivered is counted, and the next one is."""
    async with pair() as both:
        one, other = both.benches
        ann, bob = await one.member("ann", "#ops"), await other.member("bob", "#ops")
        await both.settle()
        ann.take()
        async with outside(other.gateway, other.context):
            for text in ("first", "second\nthird"):
                event = {
                    "type": "irc.deliver",
                    "source": "web",
                    "target": "#ops",
                    "text": text,
                    "network": "test",
                }
                await both.layer.send("irc.deliver", event)
            await both.layer.send(
                "irc.deliver", {"type": "irc.deliver", "target": "#ops", "text": "nobody's"}
            )
            await both.layer.send(
                "irc.deliver", {"type": "irc.deliver", "source": "web", "target": "bob", "text": "psst"}
            )
            await both.settle()
        said = [f"PRIVMSG #ops :{text}" for text in ("first", "second", "third")]
        assert without_source(await ann.lines()) == said
        assert without_source(await bob.lines()) == [*said, "PRIVMSG bob :psst"]
        assert other.telemetry.counts["irc.deliver.failed"] == 1


@scene
async def test_what_is_for_another_network_is_handed_on() -> None:
    """After a second, to whoever takes it; what nobody takes is given up."""
    later: list[Any] = []

    class Layer(LocalChannelLayer):
        async def send_later(self, channel: str, message: Any, delay_seconds: float) -> None:
            later.append((channel, message, delay_seconds))

    layer = Layer()
    bench = Bench(layer=layer)
    event = {"type": "irc.deliver", "source": "web", "target": "#ops", "text": "hi", "network": "other"}
    async with bench, outside(bench.gateway, bench.context):
        await layer.send("irc.deliver", event)
        await layer.send("irc.deliver", {**event, "handed": HANDED})
        await bench.settle()
    assert later == [("irc.deliver", {**event, "handed": 1}, 1.0)]
    assert bench.telemetry.counts["irc.deliver.failed"] == 1


@scene
async def test_irc_send_has_a_result() -> None:
    """Said as the gateway's own nick or another, once for a dedupe key; what cannot be said is told."""
    layer = LocalChannelLayer()
    bench = Bench(layer=layer)
    async with bench:
        ann = await bench.member("ann", "#ops")
        async with outside(bench.gateway, bench.context):
            message = {"type": "irc.send", "network": "test", "target": "#ops", "reply_channel": "results"}
            for name, more in {
                "1": {"text": "up"},
                "2": {"text": "waves", "type": "irc.action", "nick": "web"},
                "3": {"text": "lost", "target": "#nowhere"},
                "4": {},
                "5": {"text": "once", "dedupe_key": "k"},
                "6": {"text": "once", "dedupe_key": "k"},
            }.items():
                await layer.send("irc.send", {**message, "id": name, **more})
                await bench.settle()
            results = {}
            for _ in range(6):
                result = await layer.receive("results")
                results[result["id"]] = (result["ok"], result["status"], result["error"])
        assert without_source(await ann.lines()) == [
            "PRIVMSG #ops :up", "PRIVMSG #ops :\x01ACTION waves\x01", "PRIVMSG #ops :once"
        ]  # fmt: skip
        assert results == {
            "1": (True, "sent", ""),
            "2": (True, "sent", ""),
            "3": (False, "failed", "403 #nowhere: No such channel"),
            "4": (False, "failed", "irc.send needs 'text'"),
            "5": (True, "sent", ""),
            "6": (True, "sent", ""),
        }


@scene
async def test_what_another_process_has_to_send_is_left_to_it() -> None:
    """A message for a network that is not the gateway's is put back, and at last given up."""
    bench = Bench()

    async def begin() -> bool:
        return True

    def sending(network: str) -> Sending:
        message = {"type": "irc.send", "network": network, "target": "x", "text": "hi"}
        return Sending(id="1", message=message, number=1, put_at=0.0, earlier={}, begin=begin)

    way = GatewayWay(gateway=bench.gateway)
    assert way.place(sending("libera").message) == "libera"
    tried = await way.attempt(sending("libera"))
    assert (tried.state, tried.quiet, tried.delay) == ("later", True, 1.0)
    assert way.given_up(sending("libera"), "expired").told["error"] == "nobody is on the network libera"
    assert way.given_up(sending("test"), "expired").told["error"] == "expired"
    assert way.unknown(sending("test")).told["status"] == "uncertain"
    assert (await way.attempt(sending("test"))).state == "failed"


@pytest.mark.parametrize(
    "message",
    [{"type": "irc.join", "target": "#ops"}, {"type": "irc.send", "target": 7, "text": "x"},
     {"type": "irc.send", "target": "#ops", "text": "x", "tags": 5}, {"type": "irc.send", "text": "x"}],
)  # fmt: skip
@scene
async def test_what_cannot_be_said_is_a_result(message: Any) -> None:
    """Nothing is raised, whatever somebody sends."""
    result = gateway_say(Bench().gateway, message)
    assert result.status == "failed" and result.error


@scene
async def test_without_a_layer_there_is_nothing_to_take() -> None:
    """Nobody else can say anything here."""
    bench = Bench()
    async with outside(bench.gateway, bench.context):
        assert not bench.context.keeps
