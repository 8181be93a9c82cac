"""Systems that bind to us: who may, what they submit, their receipts, and what is delivered to them."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.pdus import BIND_TRANSCEIVER, pack, write
from tests.sms.harness import OURS, THEIRS
from tests.sms.smpp.kit import outgoing, until
from tests.sms.smpp.systems import both, gate


def statuses(desk):
    """What receipts said."""
    return [(one["provider_id"], one["status"]) for one in desk.heard if one["type"] == "sms.status"]


class TestSubmitting:
    def test_a_submit_is_a_message_and_its_verdict_the_receipt(self):
        """The response has the id of the message; accepted is delivered."""

        async def main():
            async with both() as end:
                sent = await end.binds.submit("gw", outgoing("hé"))
                (event,) = end.smsc.heard
                assert (event["text"], event["from_address"], event["to_address"]) == ("hé", OURS, THEIRS)
                assert sent.provider_ids == (event["id"],)
                await until(lambda: statuses(end.esme))
                assert statuses(end.esme) == [(event["id"], "delivered")]

        asyncio.run(main())

    def test_a_refusal_is_a_receipt_where_one_is_asked_for(self):
        """And the response's status where none is, or the application says one."""

        async def main():
            def decide(_call, event):
                return {"type": "sms.reject", **({"status": 0x0B} if event["text"] == "b" else {})}

            async with both({"sms.receive": decide}) as end:
                sent = await end.binds.submit("gw", outgoing("a"))
                await until(lambda: statuses(end.esme))
                assert statuses(end.esme) == [(sent.provider_ids[0], "rejected")]
                sent = await end.binds.submit("gw", outgoing("a", status=False))
                assert (sent.state, sent.error) == ("failed", "ESME_RSUBMITFAIL")
                sent = await end.binds.submit("gw", outgoing("b"))
                assert (sent.state, sent.error) == ("failed", "ESME_RINVDSTADR")

        asyncio.run(main())

    def test_a_long_text_is_one_message_and_each_part_has_a_receipt(self):
        """Put together in the order of its parts, emoji whole."""

        async def main():
            text = "😀ä" * 100
            async with both() as end:
                sent = await end.binds.submit("gw", outgoing(text, encoding="ucs2"))
                (event,) = end.smsc.heard
                assert (event["text"], event["segments"]) == (text, len(sent.provider_ids))
                await until(lambda: len(statuses(end.esme)) == event["segments"])
                assert {one for one, _ in statuses(end.esme)} == set(sent.provider_ids)

        asyncio.run(main())


class TestDelivering:
    def test_a_message_goes_to_the_system_of_the_account(self):
        """As a deliver_sm, which its application decides about."""

        async def main():
            script = {"sms.receive": lambda _call, event: {"type": f"sms.{event['text']}"}}
            async with both(receives=script) as end:
                await until(lambda: end.gateway.names == ["shop"])
                sent = await end.gateway.submit("shop", outgoing("accept"))
                assert sent.state == "sent" and sent.provider_ids
                assert [one["from_address"] for one in end.esme.heard if one["type"] == "sms.receive"] == [
                    OURS
                ]
                assert (await end.gateway.submit("shop", outgoing("reject"))).state == "failed"
                assert (await end.gateway.submit("shop", outgoing("defer"))).state == "later"
                assert (await end.gateway.submit("nobody", outgoing())).state == "later"

        asyncio.run(main())


class TestBinding:
    def test_who_is_refused_is_told_so_and_hung_up_on(self):
        """A wrong password is for good."""

        async def main():
            with pytest.raises(ConfigError, match="ESME_RINVPASWD"):
                async with both(who="shop:wrong"):
                    pass

        asyncio.run(main())

    def test_who_tries_again_and_again_has_one_line_in_the_log(self, caplog):
        """All are counted; the others are told in the next line."""

        async def main():
            async with gate() as (desk, port):
                for _ in range(3):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(pack(BIND_TRANSCEIVER, 0, 1, write(BIND_TRANSCEIVER, {"system_id": b"no"})))
                    assert await reader.read()
                    writer.close()
                assert desk.counted("smpp.binds_refused") == 3

        asyncio.run(main())
        assert [one.message for one in caplog.records if "a bind" in one.message] == [
            "a bind from 127.0.0.1: ESME_RINVPASWD"
        ]

    def test_an_auth_function_that_raises_is_not_the_peers_fault(self):
        """It is told of a system error."""

        async def main():
            async with gate() as (desk, port):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(pack(BIND_TRANSCEIVER, 0, 1, write(BIND_TRANSCEIVER, {"system_id": b"broken"})))
                assert (await reader.read())[8:12] == b"\0\0\0\x08"
                writer.close()
                assert desk.counted("smpp.binds_refused") == 1

        asyncio.run(main())
