"""Binds to an SMSC: submitting, receipts, delivering, throttling, lost connections, refusals."""

import asyncio

import pytest
import trustme

from interfaces.shared.errors import ConfigError
from interfaces.shared.tls import TlsFiles
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

    def test_what_waits_for_an_smsc_that_does_not_read_goes_once_it_does(self):
        """Nothing is on its way whose response could tell that there is room."""

        async def main():
            async with bound() as end:
                (link,) = end.binds._ends["op"].queue.links
                link.pause_writing()
                waiting = asyncio.ensure_future(end.submit(status=False))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert not link.pending and not waiting.done()
                link.resume_writing()
                assert (await waiting).state == "sent"

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


class TestWindows:
    def test_no_more_are_on_their_way_than_the_window(self):
        """The others wait for their turn, in order."""

        async def main():
            async with bound(window=2, response_timeout=30.0) as end:
                end.smsc.faults.silent = 2
                tasks = [asyncio.ensure_future(end.submit(str(n), status=False)) for n in range(5)]
                await until(lambda: len(end.smsc.submitted) == 2)
                await asyncio.sleep(0)
                assert len(end.smsc.submitted) == 2
                queue = end.binds._ends["op"].queue
                assert (queue.flying, len(queue)) == (2, 3)
                for link in queue.links:
                    link.sweep(link.loop.time() + 31)
                sent = await asyncio.gather(*tasks)
                assert [one.state for one in sent] == ["uncertain", "uncertain", "sent", "sent", "sent"]
                assert [sm.content for sm in end.smsc.submitted] == [b"0", b"1", b"2", b"3", b"4"]

        asyncio.run(main())

    def test_what_waits_too_long_comes_later(self):
        """It was not written, so nothing is uncertain."""

        async def main():
            async with bound(window=1, options={"send_timeout": 10.0}) as end:
                end.smsc.faults.silent = 1
                tasks = [asyncio.ensure_future(end.submit(str(n))) for n in range(2)]
                await until(lambda: end.smsc.submitted)
                queue = end.binds._ends["op"].queue
                queue.sweep(queue.loop.time() + 10)
                sent = await tasks[1]
                assert (sent.state, sent.wide) == ("later", True)
                tasks[0].cancel()

        asyncio.run(main())

    def test_a_throttled_one_that_has_waited_long_comes_later(self):
        """The whole bind rests."""

        async def main():
            async with bound(options={"send_timeout": 0.2}) as end:
                end.smsc.faults.statuses.append(THROTTLED)
                sent = await end.submit()
                assert (sent.state, sent.error, sent.wide) == ("later", "ESME_RTHROTTLED", True)
                assert sent.retry_after > 0

        asyncio.run(main())

    def test_a_slow_smsc_is_learned(self):
        """None is lost, none comes twice, all in order."""

        async def main():
            async with bound(window=10) as end:
                end.smsc.faults.rate = 40
                sent = await asyncio.gather(*(end.submit(f"{n:03}", status=False) for n in range(70)))
                assert {one.state for one in sent} == {"sent"}
                said = [sm.content for sm in end.smsc.submitted]
                assert sorted(said) == [b"%03d" % n for n in range(70)]
                assert end.desk.counted("smpp.throttled") < 70

        asyncio.run(main())


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "state"),
        [(0x0B, "failed"), (0x45, "failed"), (8, "later"), (0x64, "later"), (0x401, "failed")],
    )
    def test_each_status(self, status, state):
        """By its name."""

        async def main():
            async with bound() as end:
                end.smsc.faults.statuses.append(status)
                sent = await end.submit()
                assert (sent.state, sent.error != "") == (state, True)

        asyncio.run(main())

    def test_a_part_that_is_refused_is_the_end_of_the_message(self):
        """Those behind it are not written; the ids of those that were taken are told."""

        async def main():
            async with bound(window=1) as end:
                end.smsc.faults.statuses.extend([0, 0x45])
                sent = await end.submit("x" * 500)
                assert (sent.state, sent.error, len(sent.provider_ids)) == ("failed", "ESME_RSUBMITFAIL", 1)
                assert len(end.smsc.submitted) == 1
                assert (await end.submit("next")).state == "sent"

        asyncio.run(main())

    def test_garbage_between_responses_is_nothing(self):
        """Answers to nothing, and what nobody knows."""

        async def main():
            async with bound() as end:
                end.smsc.faults.garbage = 3
                assert {(await end.submit()).state for _ in range(3)} == {"sent"}

        asyncio.run(main())

    def test_what_waits_may_be_cancelled(self):
        """At the SMSC, by the id of its response; what is no id fails."""

        async def main():
            async with bound() as end:
                assert (await end.binds.cancel("op", "ABC")).state == "sent"
                assert end.smsc.cancelled == ["ABC"]
                assert (await end.binds.cancel("op", "x" * 70)).state == "failed"
                assert (await end.binds.cancel("op", "日")).state == "failed"
                end.smsc.drop()
                await until(lambda: not end.binds.standing("op"))
                assert (await end.binds.cancel("op", "ABC")).state == "later"

        asyncio.run(main())


class TestConnections:
    def test_nothing_is_lost_or_sent_twice_over_two_lost_connections(self):
        """What was taken is sent, or uncertain; what is to come later never left, so it may be submitted again."""

        async def main():
            async with bound(window=5) as end:
                left, sent, uncertain = {str(n) for n in range(120)}, set(), set()

                async def one(text):
                    found = await end.submit(text, status=False)
                    if found.state != "later":
                        left.discard(text)
                        (sent if found.state == "sent" else uncertain).add(text)

                for _ in range(2):
                    await until(lambda: end.binds.standing("op"))
                    end.smsc.faults.statuses.extend([0] * 20)
                    tasks = [asyncio.ensure_future(one(text)) for text in sorted(left, key=int)]
                    await until(lambda: not end.smsc.faults.statuses)
                    end.smsc.faults.drop = 3
                    await asyncio.gather(*tasks)
                while left:
                    await until(lambda: end.binds.standing("op"))
                    await asyncio.gather(*(one(text) for text in sorted(left, key=int)))
                said = [sm.content.decode() for sm in end.smsc.submitted]
                assert len(said) == len(set(said))
                assert sent <= set(said) <= sent | uncertain
                assert sent | uncertain == {str(n) for n in range(120)}
                assert 0 < len(uncertain) <= 10

        asyncio.run(main())

    def test_several_of_one_bind(self):
        """So many stand, and each takes its share."""

        async def main():
            async with bound(count=3, window=1) as end:
                assert len(end.smsc.links) == 3
                await asyncio.gather(*(end.submit(str(n)) for n in range(9)))
                assert end.smsc.counts[4] == 9
                assert repr(end.binds) == "<Binds op>"
                assert "op" in repr(end.binds._ends["op"].queue)

        asyncio.run(main())

    def test_tls(self, tmp_path, monkeypatch):
        """smpps, with a certificate that has to be right."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
            str(tmp_path / "smsc.pem")
        )
        files = TlsFiles(cert=str(tmp_path / "smsc.pem"))

        async def main():
            async with bound(smsc=FakeSmsc(tls=files)) as end:
                assert (await end.submit()).state == "sent"

        async def distrusted():
            async with bound(smsc=FakeSmsc(tls=files), wait=False) as end:
                assert not end.smsc.links

        asyncio.run(distrusted())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        asyncio.run(main())

    def test_a_receiver_sends_nothing_and_a_transmitter_hears_nothing(self):
        """What is delivered to that is refused by the wire."""

        async def main():
            async with bound(kind="receiver") as end:
                assert end.binds.names == []
                assert await end.smsc.deliver() == 0
            async with bound(kind="transmitter") as end:
                assert (await end.submit(status=False)).state == "sent"
                end.smsc.links[0].wire.state = "transceiver"
                assert await end.smsc.deliver() == 4

        asyncio.run(main())

    def test_leaving_answers_what_runs_and_unbinds(self):
        """What waits to be submitted goes first; what comes then is to come again."""

        async def main():
            go = asyncio.Event()

            async def decide(_call, _event):
                await go.wait()

            async with FakeSmsc() as smsc:
                async with bound({"sms.receive": decide}, smsc=_Lent(smsc), window=1) as end:
                    running = asyncio.ensure_future(smsc.deliver())
                    await until(lambda: any(one["type"] == "sms.receive" for one in end.desk.heard))
                    waiting = [asyncio.ensure_future(end.submit(str(n))) for n in range(3)]
                    asyncio.get_running_loop().call_later(0.05, go.set)
                assert await running == 0
                assert {(await one).state for one in waiting} == {"sent"}
                assert smsc.counts[6] == 1

        asyncio.run(main())


class _Lent:
    """A fake that somebody else ends."""

    def __init__(self, smsc):
        self.smsc = smsc

    async def __aenter__(self):
        return self.smsc

    async def __aexit__(self, *_):
        return None
