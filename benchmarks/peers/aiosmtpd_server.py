"""aiosmtpd that takes every message: aiosmtpd_server.py asyncio|uvloop PORT."""

import asyncio
import logging
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class Accept:
    """The smallest handler."""

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take every recipient."""
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        """Take every message."""
        return "250 OK"


async def main(port: int) -> None:
    """Serve on ``port`` of 127.0.0.1."""
    loop, handler = asyncio.get_running_loop(), Accept()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="bench", data_size_limit=50_000_000, loop=loop),
        "127.0.0.1",
        port,
        backlog=1024,
    )
    await server.serve_forever()


logging.basicConfig(level=logging.WARNING)
if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.run(main(int(sys.argv[2])))
else:
    asyncio.run(main(int(sys.argv[2])))
