"""What WSGI views send, from many threads. Run by test_runworker.py with Django's own runner."""

import asyncio
import threading
from io import BytesIO

from channels.layers import get_channel_layer
from django.test import SimpleTestCase

from proj.wsgi import application

CALLS, THREADS = 2_000, 20


class ViewTests(SimpleTestCase):
    """Views that call ``async_to_sync(layer.group_send)``."""

    def call(self, times, errors):
        """Ask for the view as a WSGI server does."""
        for _ in range(times):
            environ = {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": "/notify/",
                "SERVER_NAME": "127.0.0.1",
                "SERVER_PORT": "80",
                "HTTP_HOST": "127.0.0.1",
                "wsgi.url_scheme": "http",
                "wsgi.input": BytesIO(),
            }
            status = []
            response = application(environ, lambda line, headers: status.append(line))  # noqa: B023
            response.close()
            if status != ["200 OK"]:
                errors.append(status)

    def test_many_threads_share_a_connection(self):
        """2,000 calls from 20 threads need at most two connections, and none of them fails."""
        layer = get_channel_layer()

        async def connections():
            hub = layer.hub()
            await hub.started()
            return int(self.info(await hub.node_of("").call("INFO", "stats"))["total_connections_received"])

        before = asyncio.run(connections())
        errors = []
        threads = [
            threading.Thread(target=self.call, args=(CALLS // THREADS, errors)) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = asyncio.run(connections())
        assert errors == []
        mine = 2  # the second look's own
        assert after - before - mine <= 2
        asyncio.run(layer.close())

    @staticmethod
    def info(text):
        """INFO as a dict."""
        lines = (line.partition(":") for line in text.decode().splitlines())
        return {name: value for name, _, value in lines}
