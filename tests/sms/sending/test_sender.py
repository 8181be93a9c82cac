"""The sender of a process: from a channel, from scopes, to a fake provider and back; paced, failed over, opted out."""

import asyncio

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.sms.accounts import Bind
from interfaces.sms.providers.base import Sent
from interfaces.sms.sending import sender as module
from interfaces.sms.sending.sender import check
from interfaces.testing.fakes.faults import Fault
from interfaces.testing.sms import FakeSms, Limits
from tests.sms.sending.kit import (
    OURS,
    PLACE,
    SEND,
    THEIRS,
    Binds,
    away,
    inbound,
    options,
    receipt,
    run,
    sends,
    served,
    until,
)

OTHER = "+41445550000"


@served()
async def test_what_is_sent_to_the_channel_goes_out(sms):
    """From anywhere: its result comes to the reply channel; all counts are there from the start, and it is ready."""
    layer, ready = LocalChannelLayer(), {}
    async with sends(sms.account(), layer=layer, readiness=ready) as (service, _):
        counts = service.context.telemetry.counts
        assert (counts["sms.send.sent"], counts["sms.opted_out"]) == (0, 0)
        assert ready["sms.send"][:2] == ("sms.send", True)
        channel = await layer.new_channel()
        await layer.send("sms.send", {**SEND, "id": "m1", "reply_channel": channel})
        result = await layer.receive(channel)
        assert service.context.keeps[0].startswith("sms opt-outs in memory: other processes do not know them")
        assert service.context.keeps[1].startswith("sms.send, waiting in memory")
    assert (result["type"], result["id"], result["ok"]) == ("sms.result", "m1", True)
    assert result["provider_ids"] == [sms.messages[0].id] and counts["sms.send.sent"] == 1
    assert sms.phone(THEIRS).shown == ["hi"]


@served()
async def test_a_scope_sends_without_a_layer(sms):
    """What has an id has a result to wait for; what has none is sent all the same; the same key is sent once."""
    async with sends(sms.account()) as (_, post):
        result = await (await post({**SEND, "id": "m1", "dedupe_key": "k"}))
        assert (result["ok"], result["final"]) == (True, True)
        again = await (await post({**SEND, "id": "m2", "dedupe_key": "k"}))
        assert (again["id"], again["provider_ids"]) == ("m2", result["provider_ids"])
        assert await post({**SEND, "text": "last"}) is None
    assert [one.text for one in sms.messages] == ["hi", "last"]


@served()
async def test_what_can_never_be_sent_is_refused_in_the_application(sms):
    """Its ``send`` raises, with the reason in one line; nothing is put on its way."""
    async with sends(sms.account()) as (_, post):
        wrongs = (
            {"text": 5},
            {"to_address": "Ada"},
            {"account": "x"},
            {"from_address": "+1"},
            {"text": object()},
        )
        for wrong in wrongs:
            with pytest.raises(ApplicationError):
                await post({**SEND, **wrong})
        with pytest.raises(ApplicationError, match="no text"):
            await post({"type": "sms.cancel", "id": "m1", "text": "x"})
    assert sms.calls == []


@served()
async def test_a_process_that_does_not_send_puts_it_on_the_layer(sms):
    """That of another container takes it from there, by accounts which only that knows; STOP is noted here as well."""
    layer = LocalChannelLayer()
    async with sends(sms.account(), layer=layer, send=False) as (service, post):
        await post({**SEND, "account": "elsewhere"})
        assert (await layer.receive("sms.send"))["account"] == "elsewhere"
        with pytest.raises(ApplicationError, match="no number"):
            await post({**SEND, "to_address": "Ada"})
        await service.take(inbound("STOP"), PLACE)
        assert service.context.telemetry.counts["sms.opted_out"] == 1
    assert sms.calls == []


@served()
async def test_who_says_stop_is_left_alone_until_start(sms):
    """At once, and before the application hears of it; another's messages go on."""
    sends_more = {"sms.receive": {"type": "sms.send", "to_address": "+41790000002", "text": "he said so"}}
    async with sends(sms.account(), script=sends_more) as (service, post):
        await service.take(inbound("Stop!"), PLACE)
        assert service.heard()[0]["keyword"] == "STOP"
        result = await (await post({**SEND, "id": "m1"}))
        assert (result["ok"], result["error"]) == (False, "opted out")
        await service.take(inbound("START", id="i2"), PLACE)
        assert (await (await post({**SEND, "id": "m2"})))["ok"]
        await until(lambda: len(sms.messages) == 3)


@served()
async def test_receipts_come_back_under_our_id(sms):
    """By what the provider calls the message."""
    async with sends(sms.account()) as (service, post):
        result = await (await post({**SEND, "id": "m1"}))
        await service.take(receipt(result["provider_ids"][0]), PLACE)
        await service.take(receipt("other"), PLACE)
        assert [event["id"] for event in service.heard()] == ["m1", ""]


@served()
async def test_another_account_sends_when_one_is_down(sms):
    """All of them arrive, once, though half go to the one that is down first; who waits hears the end alone."""
    async with sends(away(name="a"), sms.account(name="b")) as (_, post):
        results = await asyncio.gather(
            *[await post({**SEND, "id": f"m{number}", "text": f"{number}"}) for number in range(20)]
        )
    assert {one["account"] for one in results} == {"b"} and all(one["ok"] for one in results)
    assert sorted(one.reference for one in sms.messages) == sorted(f"m{number}" for number in range(20))


def test_another_account_sends_when_one_is_asked_too_much():
    """As its limits say it; nothing is lost, and nothing comes twice."""

    async def main():
        limits = Limits(account_rate=0.01, account_burst=3, sender_rate=0)
        async with FakeSms(limits=limits) as one, FakeSms() as two:
            accounts = one.account(name="a"), two.account(name="b", weight=0.0)
            async with sends(*accounts) as (_, post):
                results = await asyncio.gather(
                    *[await post({**SEND, "id": f"m{number}"}) for number in range(10)]
                )
            assert all(one["ok"] for one in results)
            assert (len(one.messages), len(two.messages)) == (3, 7)

    run(main)


@served()
async def test_what_is_in_doubt_is_told_and_not_repeated(sms):
    """With an account that knows no repeat: nobody knows, and no other is asked."""
    binds = Binds("smsc", says=[Sent(state="uncertain", error="no response")])
    smsc = Bind(name="smsc", url="smpp://me:pw@127.0.0.1:1", prefixes=("+41",))
    async with sends(sms.account(weight=0.0), binds=binds, smscs=(smsc,)) as (_, post):
        result = await (await post({**SEND, "id": "m1"}))
        assert (result["status"], result["account"], result["final"]) == ("uncertain", "smsc", True)
    assert sms.messages == [] and len(binds.submitted) == 1


def test_a_sender_keeps_its_pace():
    """Parts a second of each number, whatever waits: the provider refuses nothing, and another number does not wait."""

    async def main():
        limits = Limits(sender_rate=20.0, sender_burst=1, account_rate=0)
        async with FakeSms(limits=limits, numbers=(OURS, OTHER)) as sms:
            loop = asyncio.get_running_loop()
            async with sends(sms.account(rate=15.0, numbers=(OURS, OTHER))) as (_, post):
                began = loop.time()
                waiting = [
                    await post({**SEND, "id": f"m{number}", "text": "x" * (161 if number % 3 else 1)})
                    for number in range(9)
                ]
                other = await post({**SEND, "id": "other", "from_address": OTHER})
                assert (await other)["ok"] and not all(one.done() for one in waiting)
                assert all([(await one)["ok"] for one in waiting])
                assert loop.time() - began > 13 / 15 - 0.01  # all parts, but those of the last message
            assert sms.limited == {}

    run(main)


@served()
async def test_what_waits_is_cancelled(sms):
    """A message that is not due yet is never sent, and whoever sent it hears of it."""
    layer = LocalChannelLayer()
    async with sends(sms.account(), layer=layer) as (service, post):
        channel = await layer.new_channel()
        later = {**SEND, "id": "m1", "reply_channel": channel, "not_before": 0.0}
        assert (await (await post({"type": "sms.cancel", "id": "m1"})))["ok"]
        await post(later)
        result = await layer.receive(channel)
        assert (result["error"], result["final"]) == ("cancelled", True)
    assert sms.messages == [] and service.context.telemetry.counts["sms.send.failed"] == 1


def test_what_waits_in_a_spool_is_sent_by_the_next_process(tmp_path):
    """The provider was away: the message is there when it is back."""

    async def main():
        async with FakeSms() as sms:
            sms.faults.fail("send", Fault(status=429, retry_after=1))
            async with sends(sms.account(), send_spool=str(tmp_path)) as (service, post):
                await post({**SEND, "id": "m1"})
                assert "a spool" in service.context.keeps[1]
                await until(lambda: sms.calls and sms.calls[0].status)
            assert sms.messages == []
            async with sends(sms.account(), send_spool=str(tmp_path)):
                await until(lambda: sms.messages)

    run(main)


def test_opt_outs_are_closed_with_the_process(tmp_path):
    """A file stays, and has them."""

    async def main():
        path = tmp_path / "out"
        async with sends(away(), opt_out=f"file:{path}") as (service, _):
            await service.take(inbound("STOP"), PLACE)
            assert service.context.keeps[0] == f"sms opt-outs in the file {path}: host-crash, of this machine"
        assert path.read_text().startswith(f"out {OURS} {THEIRS} ")

    run(main)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"opt_out": "redis"}, "--sms-opt-out"),
        ({"quiet_hours": "night"}, "--sms-quiet-hours"),
        ({"send_spool": "/nowhere"}, "--sms-send-spool"),
        ({"prefixes": ("x",)}, "prefixes"),
    ],
)
def test_what_cannot_work_is_refused_before(more, why):
    """Nothing is opened for that."""

    class Broker(LocalChannelLayer):
        """Looks like one."""

        def hub(self):
            """There is one."""

    account = away(prefixes=more.pop("prefixes", ()))
    with pytest.raises(ConfigError, match=why):
        check(options(account, **more), Broker())
    check(options(away()), Broker())


def test_the_numbers_of_what_waits_fit():
    """Those of one account cannot take all the places that there are."""
    assert 0 < module.CROWD < module.WAITING
