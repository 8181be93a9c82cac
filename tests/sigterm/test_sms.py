"""SIGTERM under a load of short messages: what runs is done and answered, the rest is to come again."""

import asyncio
import contextlib
import json
from collections import Counter
from pathlib import Path

from interfaces.sms.command_status import APPLICATION_WAITS
from interfaces.sms.pdus import UNBIND
from interfaces.testing.sms import FakeSms
from interfaces.testing.sms.smsc import FakeSmsc
from tests.sigterm.taking import Taking, refused, until

PHONES = [f"+4179000{number:04}" for number in range(40)]
TEXTS = 400


def test_webhooks_are_answered_then_refused(tmp_path: Path) -> None:
    """What the provider got 200 for is done, once, and the phone has its answer; all else heard 503 or nobody."""

    async def main() -> None:
        async with FakeSms(scale=0.001) as sms:  # nothing is repeated within the test
            words = ["serve", "sms", "--sms-bind", "127.0.0.1:0"]
            with Taking(tmp_path / "one", *words, env=sms.variables) as server:
                port = await server.listens("sms")
                sms.webhook = f"http://127.0.0.1:{port}/sms/fake"
                texts = [(PHONES[number % 40], f"t{number}") for number in range(TEXTS)]
                pouring = asyncio.ensure_future(sms.pour(texts, at_once=20))
                await until(lambda: len(server.done) > 100)
                server.tell()
                await server.stopped()
                assert await refused(port)
                pouring.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await pouring
                done = server.done
            deliveries = [one for one in sms.deliveries if one.kind == "message"]
            shown = Counter(text for number in PHONES for text in sms.phone(number).shown)
        taken = [one.payload["text"] for one in deliveries if one.acknowledged]
        assert sorted(taken) == sorted(done) and 100 < len(done) < TEXTS
        assert shown == Counter(f"done {text}" for text in done)
        left = {one.status for one in deliveries if not one.acknowledged and one.tries}
        assert left <= {503, 0} and 0 in left

    asyncio.run(main())


def test_one_more_on_a_kept_connection_is_to_come_again(tmp_path: Path) -> None:
    """Beside HTTP: 503 with Retry-After while the server stops, and it is not done."""

    async def main() -> None:
        async with FakeSms() as sms:
            words = ["serve", "http", "sms", "--http-bind", "127.0.0.1:0"]
            with Taking(tmp_path / "one", *words, env=sms.variables) as server:
                sms.webhook = f"http://127.0.0.1:{await server.listens('http')}/sms/fake"
                phone = sms.phone(PHONES[0])
                assert (await sms.post_text(phone, phone.row("first"), retries=False)).acknowledged
                server.tell()
                await until(lambda: "stopping" in server.said)
                last = (await sms.post_text(phone, phone.row("last"), retries=False)).last
                await server.stopped()
                assert (last.status, last.headers["connection"], server.done) == (503, "close", ["first"])
                assert int(last.headers["retry-after"]) > 0

    asyncio.run(main())


class Mobile:
    """People who text by an SMSC, each one text after the other, until nobody is bound."""

    def __init__(self, smsc: FakeSmsc) -> None:
        self.smsc = smsc
        self.statuses: dict[str, int] = {}

    async def person(self, number: int) -> None:
        """Somebody."""
        for turn in range(TEXTS):
            text = f"p{number}t{turn}"
            self.statuses[text] = await self.smsc.deliver(text, PHONES[number])
            if self.statuses[text] == -1:
                return

    @property
    def taken(self) -> list[str]:
        """What was answered with ESME_ROK."""
        return [text for text, status in self.statuses.items() if status == 0]


def test_a_bind_answers_what_runs_and_unbinds(tmp_path: Path) -> None:
    """SMPP: each deliver_sm that heard ROK is done once, its answer submitted, then both are unbound."""

    async def main() -> None:
        async with FakeSmsc() as smsc:
            binds = [{"url": smsc.url, "count": 2, "name": "op"}]
            with Taking(tmp_path / "one", "serve", "sms", "--sms-binds", json.dumps(binds)) as server:
                await smsc.until(lambda: len(smsc.links) == 2, 20)
                mobile = Mobile(smsc)
                people = asyncio.gather(*(mobile.person(number) for number in range(20)))
                await until(lambda: len(mobile.taken) > 100)
                server.tell()
                await people
                await server.stopped()
                assert sorted(mobile.taken) == sorted(server.done)
                submitted = [sm.content.decode() for sm in smsc.submitted]
                assert sorted(submitted) == sorted(f"done {text}" for text in server.done)
                assert smsc.counts[UNBIND] == 2
                assert {*mobile.statuses.values()} <= {0, APPLICATION_WAITS, -1}

    asyncio.run(main())
