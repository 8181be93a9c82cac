"""A DNS server on 127.0.0.1 that answers from a zone, over UDP, and over TCP what is too large for that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from interfaces.email.auth.resolver import NOTHING
from interfaces.email.auth.zone import Zone

__all__ = ["Server", "serving"]


class Server(asyncio.DatagramProtocol):
    """Whatever lies below ``broken`` of the zone is SERVFAIL, below ``deaf`` has no answer, below ``mad`` garbage."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.deaf: tuple[str, ...] = ()
        self.mad: tuple[str, ...] = ()
        self.asked: list[str] = []
        self.tcp = 0
        self.address = ""
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        async def answer() -> None:
            for said in await self.said(data, largest=1232):
                self.transport.sendto(said, address)

        task = asyncio.ensure_future(answer())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A question over TCP."""
        self.tcp += 1
        size = int.from_bytes(await reader.readexactly(2))
        for said in await self.said(await reader.readexactly(size), largest=65_535):
            writer.write(len(said).to_bytes(2) + said)
        writer.close()
        await writer.wait_closed()

    async def said(self, data: bytes, largest: int) -> list[bytes]:
        """The answers to a question, as bytes."""
        question = dns.message.from_wire(data)
        (asked,) = question.question
        name, kind = asked.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{kind} {name}")
        if name.endswith(self.deaf or ("\0",)):
            return []
        if name.endswith(self.mad or ("\0",)):
            return [data[:2] + b"\xff" * 30]
        reply = dns.message.make_response(question)
        if any(name.endswith(one) for one in self.zone.broken):
            reply.set_rcode(dns.rcode.SERVFAIL)
            return [reply.to_wire()]
        found = await self.zone.ask(name, kind)  # type: ignore[arg-type]
        if found == NOTHING:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        texts = [_text(kind, one) for one in found.records]
        if texts:
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *texts))
        wire = reply.to_wire(max_size=65_535)
        if len(wire) > largest:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            wire = reply.to_wire()
        return [wire]


def _text(kind: str, one: str) -> str:
    if kind == "TXT":
        return " ".join(
            '"' + one[at : at + 255].replace('"', '\\"') + '"' for at in range(0, max(1, len(one)), 255)
        )
    return {"MX": f"10 {one}.", "PTR": f"{one}."}.get(kind, one)


@asynccontextmanager
async def serving(zone: Zone) -> AsyncIterator[Server]:
    """Run one; its ``address`` is what ``--email-dns`` takes."""
    server = Server(zone)
    transport, stream = await _both(server)
    server.address = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    try:
        yield server
    finally:
        stream.close()
        await stream.wait_closed()
        transport.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.sleep(0)


async def _both(server: Server) -> tuple[Any, asyncio.Server]:
    """A port that is free for UDP and for TCP."""
    while True:
        stream = await asyncio.start_server(server.stream, "127.0.0.1", 0)
        address = stream.sockets[0].getsockname()
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: server, address)
        except OSError:
            stream.close()
        else:
            return transport, stream
