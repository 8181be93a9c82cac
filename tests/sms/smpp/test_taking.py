"""What an SMSC delivers: verdicts, long messages, repeats after a lost connection, receipts in every spelling."""

import asyncio

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.sms.pdus import ALERT_NOTIFICATION, DATA_SM, DELIVER_SM, ENQUIRE_LINK, Sm, write, write_sm
from interfaces.sms.tlvs import RECEIPTED_ID
from tests.sms.smpp.kit import bound, until


def received(end):
    """Messages that the application was called for."""
    return [one for one in end.desk.heard if one["type"] == "sms.receive"]


def part(number, total=2, text="x", reference=7):
    """What stands in a part."""
    return {"content": bytes((5, 0, 3, reference, total, number)) + text.encode(), "esm_class": 0x40}


class TestVerdicts:
    def test_what_the_application_says_is_the_status(self):
        """One of SMPP's own, 0x66 for all others, 0x64 where it is to come again."""
        said = {
            "a": {"type": "sms.accept"}, "r": {"type": "sms.reject"}, "h": {"type": "sms.reject", "status": 404},
            "s": {"type": "sms.reject", "status": 0x65}, "d": {"type": "sms.defer"}, "e": ValueError("no"),
        }  # fmt: skip

        async def main():
            async with bound({"sms.receive": lambda _call, event: said[event["text"]]}) as end:
                assert [await end.smsc.deliver(text) for text in "arhsde"] == [
                    0,
                    0x66,
                    0x66,
                    0x65,
                    0x64,
                    0x64,
                ]
                assert end.desk.counted("smpp.deferred") == 2

        asyncio.run(main())

    def test_where_it_cannot_be_noted_it_is_to_come_again(self):
        """A broker is away, or something is broken."""

        async def main():
            async with bound() as end:
                for error in (Unavailable("no broker"), RuntimeError("a bug")):

                    async def take(_found, _place, error=error):
                        raise error

                    end.desk.service.take = take
                    assert await end.smsc.deliver() == 0x64

        asyncio.run(main())

    def test_responses_come_in_any_order(self):
        """A slow one holds up no other, and no more are in flight than may be."""

        async def main():
            go = asyncio.Event()

            async def decide(_call, event):
                if event["text"] == "slow":
                    await go.wait()
                return {"type": "sms.accept"}

            async with bound({"sms.receive": decide}, options={"waiting": 2}) as end:
                slow = [asyncio.ensure_future(end.smsc.deliver("slow", f"+4179000000{n}")) for n in range(2)]
                await until(lambda: len(received(end)) == 2)
                assert await end.smsc.deliver("fast", "+41790000009") == 0x64
                go.set()
                assert await asyncio.gather(*slow) == [0, 0]
                assert await end.smsc.deliver("fast", "+41790000009") == 0

        asyncio.run(main())

    def test_data_sm_alerts_and_questions(self):
        """All that an SMSC may send."""

        async def main():
            async with bound() as end:
                body = b"\0\1\1417\0\1\1418\0\0\0\0" + bytes((4, 0x24, 0, 2)) + b"hi"
                assert (await end.smsc.send(body, DATA_SM)).status == 0
                assert received(end)[0]["text"] == "hi"
                end.smsc.links[0].ask(ALERT_NOTIFICATION, write(ALERT_NOTIFICATION, {}), print)
                assert (await end.smsc.ask(ENQUIRE_LINK)).status == 0
                assert end.desk.counted("smpp.alerts") == 1

        asyncio.run(main())

    @pytest.mark.parametrize(
        ("body", "status"), [(b"", 2), (b"\0\1\1" + b"4" * 30, 0x0A), (bytes(16) + b"\xff", 1)]
    )
    def test_a_body_that_makes_no_sense_has_its_status(self, body, status):
        """And the connection goes on."""

        async def main():
            async with bound() as end:
                assert (await end.smsc.send(body)).status == status
                assert await end.smsc.deliver() == 0
                assert end.desk.counted("smpp.faults") == 1

        asyncio.run(main())


class TestParts:
    def test_they_are_one_message(self):
        """The parts are answered as they come, the last with the verdict."""

        async def main():
            async with bound({"sms.receive": {"type": "sms.reject"}}) as end:
                answers = [await end.smsc.deliver(**part(number, 3, str(number))) for number in (3, 1, 2)]
                assert answers == [0, 0, 0x66]
                (event,) = received(end)
                assert (event["text"], event["segments"]) == ("123", 3)
                assert await end.smsc.deliver(**part(2, 3, "2")) == 0x66
                assert len(received(end)) == 1

        asyncio.run(main())

    def test_a_last_part_that_is_deferred_makes_it_whole_again(self):
        """With the same name, although no SMSC gives one."""
        said = [{"type": "sms.accept"}, {"type": "sms.defer"}]

        async def main():
            async with bound({"sms.receive": lambda _call, _event: said.pop()}) as end:
                assert await end.smsc.deliver(**part(1)) == 0
                assert await end.smsc.deliver(**part(2)) == 0x64
                assert await end.smsc.deliver(**part(2)) == 0
                first, second = received(end)
                assert first["id"] == second["id"]

        asyncio.run(main())

    def test_what_never_gets_whole_is_counted(self):
        """And never told."""

        async def main():
            async with bound() as end:
                await end.smsc.deliver(**part(1))
                await end.smsc.deliver(**part(1, text="another"))
                assert end.desk.counted("smpp.parts_given_up") == 1
                assert received(end) == []

        asyncio.run(main())


class TestRepeats:
    def test_what_was_in_flight_when_a_connection_ended_is_known_again(self):
        """It joins the call that runs; a third that is alike is another message."""

        async def main():
            go = asyncio.Event()

            async def decide(_call, _event):
                await go.wait()
                return {"type": "sms.accept"}

            async with bound({"sms.receive": decide}) as end:
                lost = asyncio.ensure_future(end.smsc.deliver("YES"))
                await until(lambda: received(end))
                end.smsc.drop()
                assert await lost == -1
                await end.smsc.bound()
                again = asyncio.ensure_future(end.smsc.deliver("YES"))
                await until(lambda: end.desk.counted("smpp.repeats"))
                go.set()
                assert await again == 0
                assert len(received(end)) == 1
                assert await end.smsc.deliver("YES") == 0
                assert len(received(end)) == 2

        asyncio.run(main())

    def test_what_was_answered_just_before_is_known_again(self):
        """Its answer may not have arrived."""

        async def main():
            async with bound() as end:
                assert await end.smsc.deliver("YES") == 0
                end.smsc.drop()
                await until(lambda: not end.smsc.links)
                await end.smsc.bound()
                assert [await end.smsc.deliver("YES") for _ in range(2)] == [0, 0]
                assert len(received(end)) == 2

        asyncio.run(main())

    def test_the_smscs_own_id_tells_for_a_day(self):
        """No connection has to end for that."""

        async def main():
            async with bound() as end:
                for _ in range(3):
                    assert await end.smsc.deliver("YES", tlvs={RECEIPTED_ID: b"77\0"}) == 0
                assert len(received(end)) == 1

        asyncio.run(main())


class TestReceipts:
    @pytest.mark.parametrize("how", ["auto", "decimal"])
    def test_decimal_ids_are_those_of_responses(self, how):
        """Of responses in hexadecimal."""

        async def main():
            async with bound(hex_ids=how) as end:
                end.smsc.faults.receipts = "decimal"
                sent = [await end.submit(str(number)) for number in range(3)]
                await until(lambda: len(end.receipts) == 3)
                assert [one["provider_id"] for one in end.receipts] == [one.provider_ids[0] for one in sent]

        asyncio.run(main())

    def test_one_that_comes_before_its_response_waits_for_that(self):
        """Else nobody knew whose it is: its id is spelled as nothing that was said."""

        async def main():
            async with bound() as end:
                end.smsc.faults.early, end.smsc.faults.receipts = True, "decimal"
                sent = await end.submit()
                await until(lambda: end.receipts)
                assert end.receipts[0]["provider_id"] == sent.provider_ids[0]

        asyncio.run(main())

    def test_by_parameters_alone(self):
        """Without a text."""

        async def main():
            async with bound() as end:
                end.smsc.faults.by_tlv = True
                sent = await end.submit()
                await until(lambda: end.receipts)
                assert end.receipts[0]["provider_id"] == sent.provider_ids[0]

        asyncio.run(main())

    def test_one_that_nobody_can_read_is_counted(self):
        """It would only come again."""

        async def main():
            async with bound() as end:
                assert (
                    await end.smsc.send(write_sm(Sm(esm_class=4, content=b"what?")), DELIVER_SM)
                ).status == 0
                assert end.desk.counted("smpp.receipts_unread") == 1
                assert end.receipts == received(end) == []

        asyncio.run(main())

    def test_an_application_that_defers_hears_it_again(self):
        """What it refuses, nobody has to know."""
        said = [{"type": "sms.reject"}, {"type": "sms.defer"}]

        async def main():
            async with bound({"sms.status": lambda _call, _event: said.pop()}) as end:
                sm = Sm(esm_class=4, content=b"id:7 stat:DELIVRD")
                assert [(await end.smsc.send(write_sm(sm))).status for _ in range(2)] == [0x64, 0]

        asyncio.run(main())
