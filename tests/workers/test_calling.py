"""How consumers are called: threads of a scope, and what is decorated by others."""

import asyncio
import threading

from interfaces.shared.strand import lane
from interfaces.workers.calling import blocking, call, is_async, wrapped
from interfaces.workers.message import Message


def test_what_is_async() -> None:
    """Coroutine functions, and objects whose call is one."""

    async def coroutine():
        """Run in the loop."""

    class Object:
        async def __call__(self):
            """As well."""

    assert is_async(coroutine) and is_async(Object()) and not is_async(test_what_is_async)


def test_plain_ones_share_the_strand_of_their_scope() -> None:
    """One at a time; outside of a scope nothing is left behind."""
    import asgiref.sync  # noqa: F401 - a scope has a lane once it is loaded

    running = []

    def work(message, n):
        assert not running
        running.append(n)
        running.remove(n)
        return threading.current_thread()

    async def main():
        message = Message({}, "a")
        await asyncio.gather(*(call(work, message, {"n": n}) for n in range(5)))

    async def outside():
        assert await blocking(threading.current_thread) is not threading.main_thread()

    async def start():
        loop = asyncio.get_running_loop()
        found = lane("websocket")
        await found.task(main(), loop)
        found.close()
        await outside()

    asyncio.run(start())


def test_what_is_done_around_a_consumer() -> None:
    """Before it, and after it if it went well; an async one leaves what may block to a thread."""
    seen = []

    def prepare(message):
        seen.append(("before", threading.current_thread() is threading.main_thread()))
        return lambda: seen.append(("after", threading.current_thread() is threading.main_thread()))

    async def consumer(message):
        seen.append("consumer")

    message = Message({}, "a")
    asyncio.run(wrapped(consumer, prepare, blocks=True)(message))
    assert seen == [("before", False), "consumer", ("after", False)]
    seen.clear()
    asyncio.run(wrapped(consumer, prepare, blocks=False)(message))
    assert seen == [("before", True), "consumer", ("after", True)]
    seen.clear()
    wrapped(lambda message: seen.append("consumer"), prepare, blocks=True)(message)
    assert seen == [("before", True), "consumer", ("after", True)]
