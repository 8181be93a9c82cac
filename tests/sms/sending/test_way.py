"""One attempt to send, against a fake provider; and what an outbox makes of several."""

import pytest

from interfaces.layers.notes import LocalNotes
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.sms.accounts import Bind
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Sent
from interfaces.sms.sending.known import Known
from interfaces.sms.sending.recipients import Quiet
from interfaces.sms.sending.rests import Rests
from interfaces.sms.sending.suppression import Memory, Suppression
from interfaces.sms.sending.way import wide
from interfaces.testing.fakes.faults import Fault
from tests.sms.sending.kit import (
    NOW,
    OURS,
    SEND,
    THEIRS,
    Binds,
    Forgetful,
    attempt,
    away,
    run,
    served,
    tried,
    way,
)

NIGHT = Quiet(21, 8)
"""It is 23:13 in Zurich."""
MORNING = 8.0 * 3600 + 46 * 60 + 40
SMSC = Bind(name="smsc", url="smpp://me:pw@127.0.0.1:1", numbers=("Shop",))


def told(found):
    """The parts of a result that tests look at."""
    return {key: found.told[key] for key in ("ok", "status", "account", "error")}


@served()
async def test_a_message_that_is_put_once_more_is_known_to_its_provider(sms):
    """By its key, before it is known here what became of the first; one whose result is told has the id of that."""
    for number, more in enumerate(({}, {}, {"reply_channel": "r"}, {"id": "own"})):
        message = {**SEND, "dedupe_key": "m1 reply 1", **more}
        await tried(message, sms.account(), id=more.get("id", f"held{number}"))
    first, told, own = sms.messages
    assert (len(first.reference), told.reference, own.reference) == (32, "held2", "own")


@served()
async def test_a_message_is_handed_over(sms):
    """By its account; the result says all there is, and it is known whose receipts come back."""
    known = Known(LocalNotes())
    found, _ = await tried(
        {**SEND, "text": "x" * 161, "validity": 60, "schedule_at": NOW + 99}, sms.account(), known=known,
        status_url="https://me.example/sms/",
    )  # fmt: skip
    (message,) = sms.messages
    assert (message.sender, message.recipient, message.text) == (OURS, THEIRS, "x" * 161)
    assert (message.validity, message.schedule_at, message.receipts) == (60.0, NOW + 99, True)
    assert message.status_url == "https://me.example/sms/fake"
    assert found.told == {
        "ok": True, "status": "sent", "provider_ids": [message.id], "account": "fake", "segments": 2,
        "encoding": "gsm7", "error": "",
    }  # fmt: skip
    assert await known.of("fake", message.id) == "m1"
    assert await known.where("m1") == ("fake", (message.id,))


@served()
async def test_receipts_need_not_be_wanted(sms):
    """Then none is asked for, and no address is said."""
    await tried({**SEND, "status": False}, sms.account(), status_url="https://me.example/sms/")
    assert (sms.messages[0].receipts, sms.messages[0].status_url) == (False, "")


@served()
async def test_what_is_scheduled_for_the_past_goes_now(sms):
    """No provider takes such a time."""
    await tried({**SEND, "schedule_at": NOW - 1}, sms.account())
    assert sms.messages[0].schedule_at == 0.0


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"to_address": "Ada"}, "is no number"),
        ({"text": ""}, "a text, data, or media"),
        ({"account": "other"}, "there is fake"),
        ({"from_address": "+1"}, "no number of an account"),
        ({"type": "slack.send"}, "takes sms.send"),
    ],
)
def test_what_nobody_can_send_has_failed(more, error):
    """Without a request, and with the reason; it is a dead letter."""

    @served()
    async def main(sms):
        found, begun = await tried({**SEND, **more}, sms.account())
        assert (found.state, found.letter, begun, sms.calls) == ("failed", True, 0, [])
        assert error in found.told["error"] and found.reason == found.told["error"]

    main()


@served()
async def test_what_the_provider_refuses_has_failed(sms):
    """With its word, and which account it was."""
    sms.api.blocked.add(THEIRS)
    found, _ = await tried(SEND, sms.account())
    assert told(found) == {"ok": False, "status": "failed", "account": "fake", "error": "403 blocked"}
    found, _ = await tried(SEND, sms.account(secret="wrong"))
    assert found.told["error"] == "401 unauthorized" and "wrong" not in repr(found)


@served()
async def test_who_has_said_stop_gets_nothing(sms):
    """From that number, unless the law demands it; no letter is kept of it."""
    suppression = Suppression(Memory(), lambda name: None)
    await suppression.store.note(OURS, THEIRS, out=True)
    found, begun = await tried(SEND, sms.account(), suppression=suppression)
    assert told(found) == {"ok": False, "status": "failed", "account": "", "error": "opted out"}
    assert (found.letter, begun, sms.calls) == (False, 0, [])
    found, _ = await tried({**SEND, "ignore_opt_out": True}, sms.account(), suppression=suppression)
    assert found.state == "sent"
    found, _ = await tried(SEND, sms.account(numbers=()), suppression=suppression)
    assert found.told["error"] == "opted out"


def test_nobody_can_say_who_has_said_stop():
    """Then nothing is sent for now."""

    class Gone(Memory):
        """Does not answer."""

        async def has(self, ours, theirs):
            raise Unavailable("gone")

    async def main():
        with pytest.raises(Unavailable):
            await tried(SEND, away(), suppression=Suppression(Gone(), lambda name: None))

    run(main)


@served()
async def test_at_night_nothing_is_sent(sms):
    """It waits for the morning there, unless it is urgent; what is scheduled for a night is scheduled for its end."""
    found, begun = await tried(SEND, sms.account(), quiet=NIGHT)
    assert told(found) == {"ok": False, "status": "deferred", "account": "", "error": "quiet hours"}
    assert (found.delay, found.told["retry_after"], begun, sms.calls) == (MORNING, MORNING, 0, [])
    found, _ = await tried({**SEND, "urgent": True}, sms.account(), quiet=NIGHT)
    assert found.state == "sent"
    found, _ = await tried(SEND, sms.account(), quiet=NIGHT, clock=lambda: NOW + MORNING)
    assert found.state == "sent"
    found, _ = await tried({**SEND, "schedule_at": NOW + 60}, sms.account(), quiet=NIGHT, id="m2")
    assert (found.state, sms.messages[-1].schedule_at) == ("sent", NOW + MORNING)
    async with way(sms.account(), quiet=NIGHT) as sender:
        assert sender.place(SEND) == "" and sender.place({**SEND, "schedule_at": NOW + 60}) != ""


# --- what is in doubt, and what is not ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "state", "account"),
    [
        (Fault(close=True), "uncertain", "fake"),
        (Fault(close=True, after=True), "uncertain", "fake"),
        (Fault(status=500), "uncertain", "fake"),
        (Fault(status=503), "uncertain", "fake"),
        (Fault(status=429, retry_after=7), "later", ""),
        (Fault(delay=9), "uncertain", "fake"),
    ],
    ids=["closed", "closed after", "500", "503", "429", "timeout"],
)
def test_what_may_have_been_sent_is_not_sent_again(fault, state, account):
    """Where the provider knows no repeat; it was written down before, so a killed process sends it not again either."""

    @served()
    async def main(sms):
        fault.times = 1
        sms.faults.fail("send", fault)
        timeout = 0.3 if fault.delay else 5.0
        found, begun = await tried(SEND, sms.account(), made=Forgetful, timeout=timeout)
        assert (found.state, found.told["account"], begun) == (state, account, 1)

    main()


@pytest.mark.parametrize(
    "fault", [Fault(close=True, after=True), Fault(status=500, after=True), Fault(close=True), Fault(status=500)],
    ids=["done, closed", "done, 500", "closed", "500"],
)  # fmt: skip
def test_what_the_provider_knows_again_is_asked_again(fault):
    """Of the same account, however well another is, under the same key: it is there once."""

    @served()
    async def main(sms):
        fault.times = 1
        sms.faults.fail("send", fault)
        two = sms.account(name="a"), sms.account(name="b", weight=0.0)
        first, begun = await tried(SEND, *two)
        assert (first.state, first.told["account"], first.quiet, begun) == ("later", "a", False, 1)
        assert first.delay > 0
        second, _ = await tried(SEND, *two, number=2, earlier=first.told, place=f"b/{OURS}")
        assert (second.state, second.told["account"], len(sms.messages)) == ("sent", "a", 1)
        put_back = {**second.told, "status": "failed"}
        again, _ = await tried(SEND, two[1], number=2, earlier=put_back, again=True)
        assert (again.state, again.told["account"]) == ("sent", "b")
        gone, _ = await tried(SEND, two[1], number=2, earlier=first.told)
        assert (gone.state, gone.told["account"]) == ("uncertain", "")

    main()


@served()
async def test_what_may_have_been_sent_stays_with_its_account(sms):
    """Though that is not there any more when it is asked again, or wants nothing; in the end nobody knows."""
    earlier = {"status": "deferred", "account": "a", "error": "no answer"}
    two = away(name="a"), sms.account(name="b")
    found, _ = await tried(SEND, *two, number=2, earlier=earlier)
    assert (found.state, found.told["account"], found.quiet) == ("later", "a", False)
    sms.faults.fail("send", Fault(status=429, retry_after=1))
    found, _ = await tried(SEND, sms.account(name="a"), sms.account(name="b"), number=3, earlier=found.told)
    assert (found.state, found.told["account"], found.quiet) == ("later", "a", False)
    async with way(*two) as sender:
        over = sender.given_up(attempt(SEND, earlier=found.told)[0], "expired")
    assert (over.state, over.told["account"], over.told["error"]) == ("uncertain", "a", "429 rate_limited")


def test_what_a_provider_cannot_say_has_failed(monkeypatch):
    """It is asked for nothing then, and nothing is written down."""

    def cannot(*_arguments):
        raise ApplicationError("it sends no binary messages")

    monkeypatch.setattr("interfaces.sms.providers.fake.Fake.ask", cannot)

    async def main():
        found, begun = await tried(SEND, away())
        assert (found.state, found.told["error"], begun) == ("failed", "it sends no binary messages", 0)

    run(main)


@served()
async def test_what_no_other_could_send_is_not_written_down(sms):
    """One account that knows a repeat: a process that dies meanwhile costs nothing but that."""
    assert (await tried(SEND, sms.account()))[1] == 0
    assert (await tried(SEND, sms.account(name="a"), sms.account(name="b")))[1] == 1


@served()
async def test_who_is_down_is_left_for_another(sms):
    """At once, and quietly; the next attempt goes where its turn is, and further messages go there first."""
    rests = Rests()
    accounts = away(name="a"), sms.account(name="b", weight=0.0)
    async with way(*accounts, rests=rests) as sender:
        first, _ = attempt(SEND, place=sender.place(SEND))
        found = await sender.attempt(first)
        assert (found.state, found.delay, found.quiet, found.down, found.told["account"]) == (
            "later", 0.0, True, True, "",
        )  # fmt: skip
        assert sender.place(SEND) == f"b/{OURS}"
        second, _ = attempt(SEND, number=2, earlier=found.told, place=sender.place(SEND))
        found = await sender.attempt(second)
        assert told(found) == {"ok": True, "status": "sent", "account": "b", "error": ""}


def test_who_is_down_and_has_no_other_is_waited_for():
    """With what is known of it told, and longer from one attempt to the next."""

    async def main():
        found, _ = await tried(SEND, away())
        assert (found.state, found.down, found.quiet, found.rest, found.rest_wide) == (
            "later",
            True,
            False,
            0.0,
            0.0,
        )
        assert 0 < found.delay <= 5.0 and found.told["retry_after"] == found.delay
        assert found.told["error"].startswith("ClientConnectorError")
        rests = Rests()
        first, _ = await tried(SEND, away(name="a"), away(name="b"), rests=rests)
        second, _ = await tried(SEND, away(name="a"), away(name="b"), rests=rests, number=9)
        assert first.delay == 0.0 and 30 <= second.delay <= 60

    run(main)


@pytest.mark.parametrize(("scope", "rest", "rest_wide"), [("", 7.0, 0.0), ("account", 0.0, 7.0)])
def test_who_is_asked_too_much_rests(scope, rest, rest_wide, monkeypatch):
    """The sender alone, or the whole account, for as long as it says."""
    said = Sent(state="later", error="429", retry_after=7.0, wide=scope == "account")
    monkeypatch.setattr("interfaces.sms.providers.fake.Fake.answered", lambda *_: said)

    @served()
    async def main(sms):
        found, _ = await tried(SEND, sms.account())
        assert (found.state, found.delay, found.rest, found.rest_wide) == ("later", 7.0, rest, rest_wide)
        other, _ = await tried(SEND, sms.account(name="a"), sms.account(name="b"))
        assert (other.delay, other.quiet) == ((0.0, True) if scope else (7.0, False))

    main()


@served()
async def test_a_rest_has_an_end(sms):
    """However long a provider wants nothing."""
    sms.faults.fail("send", Fault(status=429, retry_after=999_999))
    found, _ = await tried(SEND, sms.account())
    assert found.delay == 3600.0


# --- binds ----------------------------------------------------------------------------------------------------------


def by_bind(message=SEND, says=None, **more):
    """An attempt by a bind alone."""

    async def main():
        binds = Binds("smsc", says=[says] if says else None)
        found, begun = await tried(message, given=SmsOptions(binds=(SMSC,)), binds=binds, **more)
        return found, begun, binds.submitted

    return run(main)


def test_a_bind_submits():
    """From its number, with no address for receipts; the SMSC's ids are known."""
    found, begun, ((name, message),) = by_bind(status_url="https://me.example/sms/")
    assert (found.state, found.told["provider_ids"], begun, name) == ("sent", ["1"], 1, "smsc")
    assert (message.sender, message.status_url, message.status, message.id) == ("Shop", "", True, "m1")


@pytest.mark.parametrize(
    ("says", "state", "error"),
    [
        (Sent(state="later", error="not bound", wide=True), "later", "not bound"),
        (Sent(state="failed", error="ESME_RINVDSTADR"), "failed", "ESME_RINVDSTADR"),
        (Sent(state="uncertain", error="no response", provider_ids=("7",)), "uncertain", "no response"),
    ],
)
def test_what_an_smsc_says_is_told(says, state, error):
    """As of any provider."""
    found, begun, _ = by_bind(says=says)
    assert (found.state, found.told["error"], begun) == (state, error, 1)


def test_who_is_not_bound_is_left_for_another():
    """Between binds and accounts as well."""

    @served()
    async def main(sms):
        given = SmsOptions(binds=(SMSC,), accounts=(sms.account(weight=0.0),))
        binds = Binds("smsc", says=[Sent(state="later", error="not bound", wide=True)])
        async with way(given=given, binds=binds) as sender:
            first = await sender.attempt(attempt(SEND, place=sender.place(SEND))[0])
            assert (first.state, first.delay) == ("later", 0.0)
            place = sender.place(SEND)
            second = await sender.attempt(attempt(SEND, number=2, earlier=first.told, place=place)[0])
            assert (place, second.told["account"]) == (f"fake/{OURS}", "fake")

    main()


# --- places and costs -----------------------------------------------------------------------------------------------


def test_a_message_takes_its_time_of_a_sender():
    """As long as its parts take at the account's rate; where that is 0, or it goes nowhere, none."""

    async def main():
        async with way(away(rate=4.0)) as sender:
            long = {**SEND, "text": "x" * 161}
            assert (sender.place(long), sender.cost(long)) == (f"fake/{OURS}", 0.5)
            for nowhere in ({**SEND, "text": ""}, {"type": "sms.cancel", "id": "m1"}):
                assert (sender.place(nowhere), sender.cost(nowhere)) == ("", 0.0)
        async with way(away()) as sender:
            assert sender.cost(SEND) == 0.0

    run(main)


def test_messages_are_shared_by_what_they_are_called():
    """By id, else by dedupe_key, else by who gets them: so those without a name go to one number by one account."""

    async def main():
        async with way(away(name="a"), away(name="b")) as sender:
            many = range(40)
            assert len({sender.place({**SEND, "id": f"{number}"}) for number in many}) == 2
            assert len({sender.place({**SEND, "id": f"{number}", "dedupe_key": "k"}) for number in many}) == 2
            assert len({sender.place({**SEND, "dedupe_key": f"{number}"}) for number in many}) == 2
            assert len({sender.place({**SEND, "text": f"{number}"}) for number in many}) == 1
            assert (
                len({sender.place({**SEND, "to_address": f"+417912345{number + 10}"}) for number in many})
                == 2
            )

    run(main)


def test_a_plan_is_made_once(monkeypatch):
    """From its turn to its attempt; of too many some are forgotten, and made anew; what is alike has its own."""
    monkeypatch.setattr("interfaces.sms.sending.way.PLANS", 2)

    async def main():
        async with way(away()) as sender:
            first, others = dict(SEND), [{**SEND, "to_address": f"+4179123456{number}"} for number in (1, 2)]
            assert sender.place(first) == sender.place(dict(first)) and len(sender.plans) == 2
            for one in others:
                sender.place(one)
            assert [kept[0] for kept in sender.plans.values()] == others
            assert (await sender.attempt(attempt(first)[0])).state == "later"
            await sender.attempt(attempt(others[1])[0])
            assert [kept[0] for kept in sender.plans.values()] == []

    run(main)


def test_the_wide_place_is_the_account():
    """Whatever its sender is."""
    assert wide("a/whatsapp:+1/x") == "a"


def test_what_is_told_without_an_attempt():
    """Of one whose sender was killed; and of one whose time is over, with what was last heard."""

    async def main():
        async with way(away()) as sender:
            unknown = sender.unknown(attempt(SEND)[0])
            over = sender.given_up(attempt(SEND, earlier={"error": "503", "segments": 2})[0], "expired")
            alone = sender.given_up(attempt(SEND)[0], "expired")
        assert (unknown.state, unknown.told["status"]) == ("uncertain", "uncertain")
        assert "its sender ended" in unknown.told["error"]
        assert (over.told["error"], over.told["segments"], alone.told["error"]) == ("503", 2, "expired")

    run(main)


# --- cancelling -----------------------------------------------------------------------------------------------------


@served(scale=1.0)
async def test_what_waits_is_not_sent(sms):
    """Wherever that is: it is noted, and looked at before it is sent; no letter is kept of it."""
    known = Known(LocalNotes())
    found, _ = await tried({"type": "sms.cancel", "id": "m1"}, sms.account(), known=known)
    assert told(found) == {"ok": True, "status": "sent", "account": "", "error": ""}
    found, _ = await tried(SEND, sms.account(), known=known)
    assert (found.told["error"], found.letter, sms.calls) == ("cancelled", False, [])


@served()
async def test_what_is_scheduled_is_cancelled(sms):
    """At the provider that has it; what was sent is not called back, and what has no id is not found."""
    known, scheduled = Known(LocalNotes()), {**SEND, "schedule_at": sms.clock.time() + 1000}
    cancel = {"type": "sms.cancel", "id": "m1"}
    await tried(scheduled, sms.account(), known=known, clock=sms.clock.time)
    found, _ = await tried(cancel, sms.account(), known=known)
    assert told(found) == {"ok": True, "status": "sent", "account": "fake", "error": ""}
    assert sms.messages[0].state == "cancelled"
    await tried(SEND, sms.account(), known=Known(known.notes), id="m2")
    found, _ = await tried({**cancel, "id": "m2"}, sms.account(), known=known)
    assert found.state == "failed" and "cannot be called back (409)" in found.told["error"]
    found, _ = await tried({"type": "sms.cancel"}, sms.account(), known=known)
    assert "which message" in found.told["error"]


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Fault(status=503), "later"), (Fault(close=True), "later"), (Fault(status=500), "later")],
)
def test_a_provider_that_does_not_answer_is_asked_again(fault, state):
    """To cancel something twice does no harm."""

    @served()
    async def main(sms):
        known = Known(LocalNotes())
        await known.sent("fake", ("p1",), "m1")
        fault.times = 2  # aiohttp asks once more itself, since DELETE may be
        sms.faults.fail("cancel", fault)
        found, begun = await tried({"type": "sms.cancel", "id": "m1"}, sms.account(), known=known)
        assert (found.state, begun, found.told["status"]) == (state, 0, "deferred")
        assert 0 < found.delay <= 60

    main()


def test_who_cannot_cancel_says_so(monkeypatch):
    """A provider without a way, an account that is there no more, and one that gave no id."""
    monkeypatch.setattr("interfaces.sms.providers.fake.Fake.cancel", lambda *_: None)

    async def main():
        known = Known(LocalNotes())
        for name, account, ids in (("1", "fake", ("p",)), ("2", "gone", ("p",)), ("3", "fake", ())):
            await known.sent(account, ids, name)
            found, _ = await tried({"type": "sms.cancel", "id": name}, away(), known=known)
            assert (found.state, found.told["account"]) == ("failed", account)
            assert found.told["error"] == "it has been sent, and cannot be called back"

    run(main)


def test_an_smsc_cancels_too():
    """Each part that it has; the first refusal is the result."""

    async def main():
        known, binds = Known(LocalNotes()), Binds("smsc")
        await known.sent("smsc", ("1", "2"), "m1")
        given = SmsOptions(binds=(SMSC,))
        cancel = {"type": "sms.cancel", "id": "m1"}
        found, _ = await tried(cancel, given=given, binds=binds, known=known)
        assert (found.told["ok"], found.told["provider_ids"]) == (True, ["1", "2"])
        assert binds.cancelled == [("smsc", "1"), ("smsc", "2")]
        binds.says = [Sent(state="failed", error="ESME_RCANCELFAIL")]
        found, _ = await tried(cancel, given=given, binds=binds, known=known)
        assert (found.state, found.told["error"]) == ("failed", "ESME_RCANCELFAIL")

    run(main)
