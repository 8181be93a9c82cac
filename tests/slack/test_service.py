"""From what Slack has sent to what it is told: deadlines, repeats, what is kept, what goes with an installation."""

import asyncio
from typing import Any, Literal, cast

import pytest

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.shared.parcel import Parcel
from interfaces.slack.posted import Posted
from interfaces.slack.service import ACK, REFUSED, WITHHELD, Reply
from tests.http_ws.harness import scene
from tests.slack.harness import Desk, message


def posted(name: str = "Ev1", retry: int = 0, **event: Any) -> Posted:
    """A message."""
    return Posted(kind="event", payload=message(name, **event), retry_num=retry)


def command() -> Posted:
    """A slash command."""
    fields = {"command": "/deploy", "team_id": "T1", "channel_id": "C1", "user_id": "U1", "trigger_id": "1.2"}
    return Posted(kind="command", payload=fields)


class Slow:
    """An application that waits until it is told to go on."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.seen = 0
        self.fail = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One scope."""
        await receive()
        self.seen += 1
        await self.go_on.wait()
        if self.fail:
            self.fail = False
            raise ValueError("late")


class Keeper:
    """Keeps parcels, unless it is away."""

    def __init__(self) -> None:
        self.kept: list[tuple[Parcel, float]] = []
        self.away = False
        self.left = False

    async def keep(self, parcel: Parcel, delay: float) -> None:
        """As an Accepted does."""
        if self.away:
            raise Unavailable("no broker")
        self.kept.append((parcel, delay))

    def leave(self) -> None:
        """No more."""
        self.left = True


@pytest.mark.parametrize("transport", ["http", "socket"])
def test_the_same_comes_of_both_ways(transport: Literal["http", "socket"]) -> None:
    """The scope tells which way it came, and nothing else differs."""

    @scene
    async def main() -> None:
        desk = Desk()
        assert await desk.service.take(posted(), transport) is ACK
        scope = desk.recorder.calls[0].scope
        assert scope["transport"] == transport
        assert (scope["team_id"], scope["channel"], scope["user"]) == ("T1", "C1", "U1")
        assert (scope["path"], scope["conversation"]) == ("message", "T1/C1/")

    main()


@scene
async def test_own_messages_are_left_out() -> None:
    """A bot that answers itself would never end; they are acknowledged and counted."""
    desk = Desk()
    assert await desk.service.take(posted(bot_id="B1", user="UBOT"), "http") is ACK
    assert desk.heard == []
    assert desk.counted("own") == 1
    other = Desk(ignore_self=False)
    await other.service.take(posted(bot_id="B1", user="UBOT"), "http")
    assert other.heard[0]["is_self"] is True


@scene
async def test_without_the_database_of_installations_events_are_taken() -> None:
    """Who we are is then told by the event's authorizations."""
    desk = Desk()
    desk.installed.away = True
    assert await desk.service.take(posted(), "http") is ACK
    assert await desk.service.take(posted("Ev2", user="UBOT"), "http") is ACK
    assert [event["is_self"] for event in desk.heard] == [False]


@scene
async def test_who_cannot_be_found_in_time_is_not_waited_for() -> None:
    """A database that hangs costs an event a moment, and Slack hears in time."""

    class Hanging:
        async def find(self, *_where: Any, **_more: Any) -> Any:
            """For ever."""
            await asyncio.Event().wait()

    desk = Desk()
    desk.service.installations = cast("Any", Hanging())
    posted = Posted(kind="event", payload=message("Ev1"))
    async with asyncio.timeout(5):
        assert await desk.service.take(posted, "http") == ACK
    assert len(desk.heard) == 1


@scene
async def test_who_cannot_be_found_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """While Slack or the database is away each event is taken, and the log is not filled by them."""

    class Away:
        async def find(self, *_where: Any, **_more: Any) -> Any:
            """Not now."""
            raise Unavailable("Slack cannot be reached")

    desk = Desk()
    desk.service.installations = cast("Any", Away())
    for number in range(5):
        posted = Posted(kind="event", payload=message(f"Ev{number}"))
        assert await desk.service.take(posted, "http") == ACK
    assert len(desk.heard) == 5
    told = [record.getMessage() for record in caplog.records if "who we are" in record.getMessage()]
    assert told == ["who we are in T1 is not known: Slack cannot be reached"]


@pytest.mark.parametrize("name", [None, "", 7, {}])
def test_what_slack_has_given_no_name_gets_one_of_ours(name: Any) -> None:
    """Two of them are not the same, and are no repeats of each other."""

    @scene
    async def main() -> None:
        desk = Desk()
        for _ in range(2):
            posted = Posted(kind="event", payload={**message("Ev1"), "event_id": name})
            assert await desk.service.take(posted, "socket") == ACK
        one, other = desk.heard
        assert one["id"] and one["dedupe_key"] != other["dedupe_key"]

    main()


@scene
async def test_a_slow_event_is_withheld_and_its_repeat_hears_the_end() -> None:
    """Without anything durable Slack keeps it: the call goes on, and is made once."""
    slow = Slow()
    desk = Desk(app=slow, ack_deadline=0.1)
    assert await desk.service.take(posted(), "http") is WITHHELD
    slow.go_on.set()
    assert await desk.service.take(posted(retry=1), "http") is ACK
    assert slow.seen == 1
    assert desk.counted("withheld") == 1


@scene
async def test_a_slow_event_is_acknowledged_where_it_can_be_kept() -> None:
    """It is taken up again after the lease, if its call has not ended by then."""
    slow = Slow()
    desk = Desk(app=slow, keep_after=0.1)
    desk.service.reception.keeper = keeper = Keeper()
    assert await desk.service.take(posted(), "http") is ACK
    [(parcel, delay)] = keeper.kept
    assert (parcel.key, delay) == ("slack:A1:Ev1", 10.0)
    assert desk.counted("kept") == 1
    slow.go_on.set()
    await desk.service.reception.drain(5)
    assert keeper.left


@scene
async def test_a_slow_event_that_cannot_be_kept_is_withheld() -> None:
    """A broker that is away acknowledges nothing."""
    slow = Slow()
    desk = Desk(app=slow, ack_deadline=0.1)
    desk.service.reception.keeper = keeper = Keeper()
    keeper.away = True
    assert await desk.service.take(posted(), "http") is WITHHELD
    slow.go_on.set()
    await desk.service.reception.drain(5)


@scene
async def test_a_slow_command_is_acknowledged_at_the_deadline() -> None:
    """Slack never repeats it; the application goes on, and answers by its response_url."""
    slow = Slow()
    desk = Desk(app=slow, ack_deadline=0.1)
    assert await desk.service.take(command(), "socket") is ACK
    assert desk.counted("acknowledged_late") == 1
    slow.go_on.set()
    await desk.service.reception.drain(5)


@scene
async def test_a_command_that_fails_tells_the_person() -> None:
    """Withheld: over HTTP an error, over a socket no acknowledgement."""
    desk = Desk({"slack.command": ValueError("boom")})
    assert await desk.service.take(command(), "http") is WITHHELD


@scene
async def test_an_acknowledgement_carries_what_the_application_says() -> None:
    """And leaves while the application goes on."""
    go_on = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "slack.ack", "text": "On it"})
        await go_on.wait()

    desk = Desk(app=app)
    assert await desk.service.take(command(), "http") == Reply("ack", {"text": "On it"})
    assert len(desk.service.intake.running) == 1
    go_on.set()
    await desk.service.reception.drain(5)


@scene
async def test_what_is_accepted_first_is_kept_once() -> None:
    """Its repeat is acknowledged and not kept again, and the application hears of it later."""
    desk = Desk(ack="accepted", spool="/nowhere")
    desk.service.reception.keeper = keeper = Keeper()
    assert await desk.service.take(posted(), "http") is ACK
    assert await desk.service.take(posted(retry=1), "http") is ACK
    assert [(parcel.key, delay) for parcel, delay in keeper.kept] == [("slack:A1:Ev1", 0.0)]
    assert desk.heard == []
    assert desk.counted("repeats") == 1


@scene
async def test_what_cannot_be_kept_is_to_come_again() -> None:
    """Nothing is remembered of it, so that the repeat is kept."""
    desk = Desk(ack="accepted", spool="/nowhere")
    desk.service.reception.keeper = keeper = Keeper()
    keeper.away = True
    assert await desk.service.take(posted(), "http") is WITHHELD
    keeper.away = False
    assert await desk.service.take(posted(retry=1), "http") is ACK
    assert len(keeper.kept) == 1


@scene
async def test_commands_are_answered_by_the_application_also_where_events_are_kept_first() -> None:
    """What they are told cannot come later."""
    desk = Desk({"slack.command": {"type": "slack.ack", "text": "now"}}, ack="accepted", spool="/nowhere")
    desk.service.reception.keeper = Keeper()
    assert await desk.service.take(command(), "http") == Reply("ack", {"text": "now"})


@scene
async def test_an_envelope_without_a_name_is_kept_as_it_is() -> None:
    """app_rate_limited has no event_id, so no repeat can be told."""
    desk = Desk(ack="accepted", spool="/nowhere")
    desk.service.reception.keeper = keeper = Keeper()
    limited = {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1, "api_app_id": "A1"}
    for _ in range(2):
        assert await desk.service.take(Posted(kind="event", payload=limited), "http") is ACK
    assert len(keeper.kept) == 2


@pytest.mark.parametrize(
    ("event", "users"),
    [
        ({"type": "app_uninstalled"}, None),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["UBOT"]}}, ["U1", "UBOT"]),
        ({"type": "tokens_revoked"}, []),
    ],
)
def test_an_installation_goes_with_its_event(event: dict[str, Any], users: list[str] | None) -> None:
    """After the application has heard of it."""

    @scene
    async def main() -> None:
        desk = Desk()
        payload = {**message(), "event": event}
        assert await desk.service.take(Posted(kind="event", payload=payload), "http") is ACK
        assert desk.installed.gone == [("T1", None, users)]
        assert desk.heard[0]["event_type"] == event["type"]

    main()


@scene
async def test_an_installation_that_cannot_be_removed_is_told_again() -> None:
    """The event is withheld, so that Slack repeats it; the application hears of it once."""
    desk = Desk()
    payload = {**message(), "event": {"type": "app_uninstalled"}}
    desk.installed.away = True
    assert await desk.service.take(Posted(kind="event", payload=payload), "http") is WITHHELD
    desk.installed.away = False
    assert await desk.service.take(Posted(kind="event", payload=payload, retry_num=1), "http") is ACK
    assert desk.installed.gone == [("T1", None, None)]
    assert len(desk.heard) == 1


@scene
async def test_what_has_not_slacks_shape_is_refused() -> None:
    """Counted, and no application is asked."""
    desk = Desk()
    assert (
        await desk.service.take(Posted(kind="event", payload={"type": "event_callback"}), "socket") is REFUSED
    )
    assert await desk.service.take(Posted(kind="interactive", payload={}), "socket") is REFUSED
    assert desk.counted("malformed") == 2


@scene
async def test_nothing_new_is_taken_while_draining() -> None:
    """Slack gives it to another connection, or repeats it."""
    desk = Desk()
    await desk.service.reception.drain(0)
    assert await desk.service.take(posted(), "http") is WITHHELD
    assert desk.heard == []


@scene
async def test_an_unknown_address_is_acknowledged_and_counted() -> None:
    """An application that has no route for Slack loses nothing that it wanted."""
    desk = Desk({"slack.message": NoRoute("none")})
    assert await desk.service.take(posted(), "http") is ACK
    assert desk.counted("ignored") == 1


def test_verdicts_are_told_in_slacks_words() -> None:
    """Each of the three."""

    @scene
    async def main() -> None:
        service = Desk().service
        assert service.reply(Verdict("accept")) is ACK
        assert service.reply(Verdict("accept", {"payload": {"text": "a"}})) == Reply("ack", {"text": "a"})
        assert service.reply(Verdict("reject")) is REFUSED
        assert service.reply(Verdict("defer")) is WITHHELD

    main()
