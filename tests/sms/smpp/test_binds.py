"""Binds to an SMSC: submitting, receipts, delivering, throttling, lost connections, refusals."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.command_status import THROTTLED
from interfaces.testing.sms.smsc import FakeSmsc
from tests.sms.harness import OURS, THEIRS
from tests.sms.smpp.kit import bound, until


class TestSubmitting:
    def test_a_message_is_submitted_and_its_receipt_heard(self):
        """The response's id is the receipt's, and the PDU has what was asked for."""

        async def main():
            async with bound() as end:
                sent = await end.submit("hällo", validity=3600)
                assert (sent.state, sent.segments) == ("sent", 1)
                await until(lambda: end.receipts)
                (receipt,) = end.receipts
                assert (receipt["provider_id"], receipt["status"]) == (sent.provider_ids[0], "delivered")
                assert (receipt["from_address"], receipt["to_address"]) == (OURS, THEIRS)
                (sm,) = end.smsc.submitted
                assert sm.content == b"h\x7bllo"
                assert (sm.source, sm.source_ton, sm.source_npi) == (b"41445556677", 1, 1)
                assert (sm.registered, sm.validity, sm.data_coding) == (1, b"000000010000000R", 0)

        asyncio.run(main())

    def test_a_long_message_has_an_id_for_each_part(self):
        """They are submitted in order."""

        async def main():
            async with bound() as end:
                sent = await end.submit("x" * 400, status=False)
                assert (sent.state, sent.segments, len(sent.provider_ids)) == ("sent", 3, 3)
                assert [sm.content[:6][-2:] for sm in end.smsc.submitted] == [b"\3\1", b"\3\2", b"\3\3"]
                assert {sm.esm_class for sm in end.smsc.submitted} == {0x40}

        asyncio.run(main())

    def test_what_is_throttled_goes_again_in_order(self):
        """The bind rests, its window gets smaller, and nothing overtakes."""

        async def main():
            async with bound(window=3) as end:
                end.smsc.faults.statuses.extend([0, THROTTLED, THROTTLED])
                sent = await asyncio.gather(*(end.submit(str(n), status=False) for n in range(6)))
                assert {one.state for one in sent} == {"sent"}
                assert [sm.content for sm in end.smsc.submitted] == [b"0", b"1", b"2", b"3", b"4", b"5"]
                assert end.desk.counted("smpp.throttled") == 2

        asyncio.run(main())

    def test_no_response_is_uncertain_and_what_was_not_written_comes_later(self):
        """A connection that is cut: nobody knows of what was on its way."""

        async def main():
            async with bound(window=2) as end:
                end.smsc.faults.drop = 2
                sent = await asyncio.gather(*(end.submit(str(n)) for n in range(4)))
                assert [one.state for one in sent] == ["uncertain", "uncertain", "later", "later"]
                assert sent[2].wide

        asyncio.run(main())


class TestReceiving:
    def test_a_message_is_answered_after_the_verdict(self):
        """Accept, reject and defer each in SMPP's words."""

        async def main():
            said = {"a": "sms.accept", "r": "sms.reject", "d": "sms.defer"}
            script = {"sms.receive": lambda _call, event: {"type": said[event["text"]]}}
            async with bound(script) as end:
                assert [await end.smsc.deliver(text) for text in "ard"] == [0, 0x66, 0x64]

        asyncio.run(main())


class TestRefusals:
    def test_a_refused_password_is_the_operators(self):
        """It names the bind, and not the password."""

        async def main():
            smsc = FakeSmsc()
            smsc.faults.bind = 0x0E
            with pytest.raises(ConfigError, match=r"sms\.binds op: .*ESME_RINVPASWD") as found:
                async with bound(smsc=smsc):
                    pass
            assert "secret" not in str(found.value)

        asyncio.run(main())
