"""The results that are heard while the application is served. Run by test_suite.py with Django's own runner."""

import asyncio
import threading
from unittest.mock import patch

from channels.layers import get_channel_layer
from django.test import TransactionTestCase

from interfaces.demo import desk, results
from interfaces.demo.ways import RESULTS
from interfaces.testing import LifespanCommunicator


class ResultsTests(TransactionTestCase):
    """From the channel to the desk."""

    async def test_results_are_heard_from_start_to_end(self):
        """Each goes to the desk; one that it cannot take is logged, and the next one is heard."""
        heard: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def hear(result):
            loop.call_soon_threadsafe(heard.put_nowait, result["id"])
            if result["id"] == "bad":
                raise ValueError("bad")

        layer = get_channel_layer()
        with patch.object(desk, "heard", hear), self.assertLogs("interfaces.demo", "ERROR") as logged:
            async with LifespanCommunicator(results.lifespan) as lifespan:
                await lifespan.startup()
                for name in ("bad", "good"):
                    await layer.send(RESULTS, {"type": "email.result", "id": name})
                async with asyncio.timeout(5):
                    assert [await heard.get(), await heard.get()] == ["bad", "good"]
                await lifespan.shutdown()
        assert "the result of bad is lost" in logged.output[0]
        await layer.send(RESULTS, {"type": "email.result", "id": "late"})
        assert heard.empty()

    async def test_a_burst_is_taken_while_the_database_is_slow(self):
        """More results than a channel has room for: none is dropped."""
        heard, slow = [], threading.Event()

        def hear(result):
            assert slow.wait(5)
            heard.append(result["number"])

        layer = get_channel_layer()
        with patch.object(desk, "heard", hear):
            async with LifespanCommunicator(results.lifespan) as lifespan:
                await lifespan.startup()
                for number in range(300):
                    await layer.send(RESULTS, {"type": "email.result", "id": "x", "number": number})
                    await asyncio.sleep(0)
                slow.set()
                async with asyncio.timeout(5):
                    while len(heard) < 300:
                        await asyncio.sleep(0.01)
                await lifespan.shutdown()
        assert heard == list(range(300))
