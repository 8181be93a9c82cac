"""Direct connections: who may come, who gets what, and what is told when somebody is gone."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.listen import Listening, TlsFiles
from interfaces.testing.recorder import Recorder
from interfaces.workers import wire
from interfaces.workers.transports import peer as peers
from interfaces.workers.transports.auth import Handshake, Refused
from interfaces.workers.transports.base import Link, Lost, Taken
from interfaces.workers.transports.dial import Dialler
from interfaces.workers.transports.direct import Direct
from interfaces.workers.transports.directory import Place, Places
from interfaces.workers.transports.queue import Desk, Queue
from interfaces.workers.wire import (
    BACK,
    DRAIN,
    HELLO,
    OPEN,
    PROOF,
    REFUSE,
    SEND,
    SLOTS,
    TAKEN,
    Reader,
    frame,
)  # fmt: skip
from tests.workers.harness import TOKEN, Cluster, run, until

NONCE = b"0123456789abcdef"


def queue() -> Queue:
    """A queue that counts nowhere."""
    return Queue(10, 5.0, lambda name: None)


def shaken(ours: bytes = TOKEN, theirs: bytes = TOKEN) -> tuple[Handshake, Handshake]:
    """Both sides of a handshake that was carried out."""
    relay, worker = Handshake("relay", "c", ours, NONCE), Handshake("worker", "w", theirs, NONCE[::-1])
    proof, answer = relay.heard(HELLO, worker.hello()), worker.heard(HELLO, relay.hello())
    worker.heard(PROOF, proof)
    relay.heard(PROOF, answer)
    return relay, worker


def test_both_sides_prove_themselves() -> None:
    """Each knows then who the other is, and the version of both."""
    relay, worker = shaken()
    assert relay.done
    assert worker.done
    assert (relay.peer, worker.peer, relay.version) == ("w", "c", 1)


def test_different_tokens_are_refused() -> None:
    """By whoever looks first."""
    with pytest.raises(PeerError, match="tokens differ"):
        shaken(theirs=b"another")


def test_a_proof_cannot_be_sent_back() -> None:
    """Who does not know the token cannot use what the other side has proved."""
    relay = Handshake("relay", "c", TOKEN, NONCE)
    proof = relay.heard(HELLO, {"versions": [1, 1], "role": "worker", "id": "c", "nonce": NONCE})
    with pytest.raises(PeerError, match="tokens differ"):
        relay.heard(PROOF, proof)


@pytest.mark.parametrize(
    "hello",
    [
        {"versions": [1, 1], "role": "relay", "id": "x", "nonce": NONCE},
        {"versions": [1, 1], "role": "worker", "id": "", "nonce": NONCE},
        {"versions": [1, 1], "role": "worker", "id": "x", "nonce": b"short"},
        {"versions": [1, 1], "role": "worker", "id": "x"},
        {"versions": [7, 9], "role": "worker", "id": "x", "nonce": NONCE},
        None,
    ],
)
def test_a_wrong_hello_is_refused(hello: Any) -> None:
    """Role, identity, nonce and version are looked at before anything else."""
    with pytest.raises(PeerError):
        Handshake("relay", "c", TOKEN, NONCE).heard(HELLO, hello)


def test_nothing_goes_before_the_introduction() -> None:
    """Neither a frame nor a proof; and a refusal says that it is one."""
    for kind in (OPEN, PROOF, SLOTS):
        with pytest.raises(PeerError, match="introduce"):
            Handshake("worker", "w", TOKEN, NONCE).heard(kind, {})
    with pytest.raises(Refused, match="because"):
        Handshake("worker", "w", TOKEN, NONCE).heard(REFUSE, {"reason": "because"})


def test_a_worker_with_another_token_does_not_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """ConfigError there, one line in the container's log for all of its tries."""

    async def test(cluster: Cluster) -> None:
        for _ in range(3):
            with pytest.raises(ConfigError, match="refuses this worker: the tokens differ"):
                async with Dialler(Places([cluster.place]), "w", b"another"):
                    pass

    with caplog.at_level(logging.WARNING):
        run(test, tmp_path)
    assert [record.message for record in caplog.records if "a worker is refused" in record.message] == [
        "a worker is refused: the tokens differ"
    ]


def test_a_port_needs_a_token() -> None:
    """A unix socket has permissions, a port has none."""

    async def main() -> None:
        with pytest.raises(ConfigError, match="needs --relay-token"):
            async with Direct("127.0.0.1:0", b"", queue()):
                pass

    asyncio.run(main())


def test_tcp_and_tls(tmp_path: Path) -> None:
    """A certificate of the authority that the worker was told of, and no other."""
    authority, stranger = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("container")
    (tmp_path / "cert").write_bytes(certificate.private_key_and_cert_chain_pem.bytes())

    def context(ca: trustme.CA) -> ssl.SSLContext:
        made = ssl.create_default_context()
        made.check_hostname = False
        ca.configure_trust(made)
        return made

    async def main() -> None:
        listening = Listening(tls=TlsFiles(cert=str(tmp_path / "cert")))
        waiting = queue()
        async with Direct("127.0.0.1:0", TOKEN, waiting, listening=listening) as direct:
            places = Places([str(direct.addresses[0])])
            async with Dialler(places, "w", TOKEN, tls=context(authority)):
                await until(lambda: len(waiting.desks) == 1)
            await until(lambda: not waiting.desks)
            async with Dialler(places, "w", TOKEN, tls=context(stranger)) as dialler:
                assert dialler.connected == 0

    asyncio.run(main())


class Fake:
    """The other side, by hand: says what it is told, and keeps what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, role: str) -> None:
        self.reader, self.writer = reader, writer
        self.frames = Reader()
        self.came: list[Any] = []
        self.handshake = Handshake(role, "fake", TOKEN, NONCE)

    def say(self, kind: int, session: int, payload: Any) -> None:
        """Send a frame."""
        self.writer.write(frame(kind, session, payload))

    async def next(self, kind: int) -> Any:
        """The payload of the next frame of ``kind``, and its session."""
        async with asyncio.timeout(10):
            while True:
                while self.came:
                    found = self.came.pop(0)
                    if found[0] == kind:
                        return found[1], found[2]
                data = await self.reader.read(65536)
                assert data, "the connection ended"
                self.came += self.frames.feed(data)

    async def shake(self, **more: Any) -> None:
        """Introduce itself."""
        self.say(HELLO, 0, {**self.handshake.hello(), **more})
        self.say(PROOF, 0, self.handshake.heard(HELLO, (await self.next(HELLO))[1]))

    async def close(self) -> None:
        """Be gone."""
        self.writer.close()
        await self.writer.wait_closed()


async def worker_of(cluster: Cluster, **more: Any) -> Fake:
    """A fake worker, introduced."""
    fake = Fake(*await asyncio.open_unix_connection(cluster.place[5:]), "worker")
    await fake.shake(**more)
    await until(lambda: cluster.queue.desks)
    return fake


def test_a_worker_of_the_next_version_works(tmp_path: Path) -> None:
    """It says more than this side knows: further kinds, fields and elements are passed over."""

    async def test(cluster: Cluster) -> None:
        fake = await worker_of(cluster, versions=[1, 2], colour="blue")
        fake.say(99, 0, {"what": "ever"})
        fake.say(SLOTS, 0, {"free": 1, "seen": 0, "weight": 3})
        asked = asyncio.ensure_future(cluster.get())
        session, opening = await fake.next(OPEN)
        assert opening["scope"]["path"] == "/"
        fake.say(TAKEN, session, {"style": "session", "worker": "fake", "since": 3})
        fake.say(98, session, None)
        fake.say(SEND, session, {"type": "http.response.start", "status": 201, "headers": []})
        fake.say(SEND, session, {"type": "http.response.body", "body": b"new"})
        fake.say(wire.END, session, {"how": "ok", "took": 5})
        assert ((await asked).status, (await asked).body) == (201, b"new")
        await fake.close()

    run(test, tmp_path)


def test_a_container_of_the_next_version_works(tmp_path: Path) -> None:
    """The same from the other side."""
    recorder = Recorder()

    async def main() -> None:
        came: asyncio.Future[Fake] = asyncio.get_running_loop().create_future()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set_result(Fake(reader, writer, "relay"))

        from interfaces.workers.worker import Worker

        server = await asyncio.start_unix_server(connected, tmp_path / "c")
        dialling = asyncio.ensure_future(Dialler(Places([f"unix:{tmp_path}/c"]), "w", TOKEN).__aenter__())
        fake = await came
        await fake.shake(versions=[1, 2])
        dialler = await dialling
        worker = Worker(recorder, dialler, name="w", concurrency=5, state={})
        scope = {"type": "http", "path": "/", "headers": [[b"a", b"b"]], "new": True}
        event = {"type": "http.request", "body": b"", "more_body": False, "new": 1}
        fake.say(97, 0, None)
        fake.say(OPEN, 1, {"scope": scope, "events": [event], "attempt": 1, "asks": False, "new": []})
        fake.say(96, 1, {})
        fake.say(wire.LAST, 1, {"type": "http.disconnect", "new": 1})
        assert (await fake.next(wire.END)) == (1, {"how": "ok"})
        await worker.drain(0)
        await dialler.__aexit__(None, None, None)
        await fake.close()
        server.close()

    asyncio.run(main())
    assert recorder.scopes[0]["new"] is True


def test_a_peer_that_talks_nonsense_is_dropped(tmp_path: Path) -> None:
    """Its sessions fail, and nobody else's."""

    async def test(cluster: Cluster) -> None:
        fake = await worker_of(cluster)
        fake.say(SLOTS, 0, {"free": 1, "seen": 0})
        asked = asyncio.ensure_future(cluster.get(method="POST"))
        await fake.next(OPEN)
        fake.say(SLOTS, 0, "nonsense")
        assert (await asked).status == 502
        await fake.close()
        async with cluster.worker(Recorder()):
            assert (await cluster.get()).status == 200

    run(test, tmp_path)


def test_strangers_at_the_port_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever they say, before the introduction or after it: one line of each, and no traceback."""

    async def test(cluster: Cluster) -> None:
        for words in (
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x00\x00\x00\x01\xc1",
            frame(OPEN, 0, {}),
            frame(PROOF, 0, 5),
        ):
            reader, writer = await asyncio.open_unix_connection(cluster.place[5:])
            writer.write(words)
            await reader.read()
            writer.close()
        await until(lambda: cluster.counts["relay.malformed"] == 4)
        for payload in ({"free": 1, "seen": 0, "only": [5]}, {"free": "x", "seen": 0}, 7):
            fake = await worker_of(cluster)
            fake.say(SLOTS, 0, payload)
            await until(lambda: not cluster.queue.desks)
            await fake.close()
        assert cluster.counts == {"relay.malformed": 7}

    run(test, tmp_path)
    assert len(caplog.messages) == 1 and caplog.messages[0].startswith(
        "who is no worker has connected: a frame of"
    )
    assert all(record.exc_info is None for record in caplog.records)


def test_workers_that_do_not_fit_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By another counter than nonsense: of them an operator wants to know. One line, whatever versions they name."""

    async def test(cluster: Cluster) -> None:
        for version in range(2, 9):
            fake = Fake(*await asyncio.open_unix_connection(cluster.place[5:]), "worker")
            fake.say(HELLO, 0, fake.handshake.hello() | {"versions": [version, version]})
            reason = f"it speaks versions {version} to {version} of the protocol, this side 1 to 1"
            assert (await fake.next(REFUSE))[1] == {"reason": reason}
            await fake.close()
        await until(lambda: cluster.counts == {"relay.refused": 7})

    run(test, tmp_path)
    assert caplog.messages == [
        "a worker is refused: it speaks versions 2 to 2 of the protocol, this side 1 to 1"
    ]


def test_silence_is_death(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is stopped, not closed, loses its sessions after a while."""
    monkeypatch.setattr(peers, "PING_EVERY", 0.01)
    monkeypatch.setattr(peers, "SILENCE", 0.05)

    async def test(cluster: Cluster) -> None:
        fake = await worker_of(cluster)
        fake.say(SLOTS, 0, {"free": 1, "seen": 0})
        assert (await cluster.get(method="POST")).status == 502
        await fake.close()

    run(test, tmp_path)


def test_what_is_given_back_goes_to_another_first(tmp_path: Path) -> None:
    """With all that came in the meantime, in order; the client notices nothing."""
    recorder = Recorder()

    async def test(cluster: Cluster) -> None:
        fake = await worker_of(cluster)
        fake.say(SLOTS, 0, {"free": 1, "seen": 0})
        asked = asyncio.ensure_future(cluster.get(body=b"x" * 500_000, method="POST"))
        session, _ = await fake.next(OPEN)
        await fake.next(wire.EVENT)
        async with cluster.worker(recorder):
            fake.say(SLOTS, 0, {"free": 0, "seen": 1})
            fake.say(BACK, session, None)
            assert (await asked).status == 200
        await fake.close()

    run(test, tmp_path)
    assert b"".join(event.get("body", b"") for event in recorder.events) == b"x" * 500_000


def test_a_drain_is_acknowledged_after_which_nothing_comes(tmp_path: Path) -> None:
    """So a worker knows when it may go."""

    async def test(cluster: Cluster) -> None:
        fake = await worker_of(cluster)
        fake.say(SLOTS, 0, {"free": 5, "seen": 0})
        fake.say(DRAIN, 0, None)
        await fake.next(DRAIN)
        asked = asyncio.ensure_future(cluster.get())
        await until(lambda: len(cluster.queue) == 1)
        async with cluster.worker(Recorder()):
            assert (await asked).status == 200
        await fake.close()

    run(test, tmp_path)


class Given:
    """A worker as the queue sees it, with what it was given."""

    def __init__(self, free: int, **facts: Any) -> None:
        self.links: list[Link] = []
        self.desk = Desk(self.links.append)
        self.desk.told({"free": free, "seen": 0, **facts})


def link(kind: str = "http") -> Link:
    """An opening."""
    return Link({"type": kind})


def test_the_one_with_the_most_room_gets_it() -> None:
    """Openings spread over the workers."""
    waiting = queue()
    one, two = Given(3), Given(5)
    waiting.desks += [one.desk, two.desk]
    for _ in range(8):
        waiting.submit(link())
    assert (len(one.links), len(two.links)) == (3, 5)


def test_what_is_under_way_counts_when_slots_are_told() -> None:
    """A worker that has not seen an opening yet cannot have counted it."""
    given = Given(2)
    waiting = queue()
    waiting.desks.append(given.desk)
    waiting.submit(link())
    given.desk.told({"free": 2, "seen": 0})
    assert given.desk.room == 1
    given.desk.told({"free": 1, "seen": 1})
    assert given.desk.room == 1


def test_globs_say_who_takes_what() -> None:
    """--only and --exclude; what nobody takes holds up nothing else."""

    async def main() -> None:
        waiting = queue()
        mail, rest = Given(5, only=["email", "irc*"]), Given(5, exclude=["email"])
        waiting.desks += [mail.desk, rest.desk]
        for kind in ("email", "http", "irc.client", "websocket"):
            waiting.submit(link(kind))
        assert "email" in {one.kind for one in mail.links} <= {"email", "irc.client"}
        assert {"http", "websocket"} <= {one.kind for one in rest.links}
        waiting.desks.remove(mail.desk)
        late = link("email")
        waiting.submit(late)
        waiting.submit(link("http"))
        assert len(waiting) == 1
        waiting.withdraw(late)

    asyncio.run(main())


def test_a_link_that_is_lost_says_so() -> None:
    """Who waits for news gets the error."""

    async def main() -> None:
        made = link()
        made.failed(Lost("gone"))
        kind, error, _ = await made.next()
        assert kind == 0
        assert isinstance(error, Lost)

    asyncio.run(main())


def test_places_and_takings_show_what_they_are() -> None:
    """In logs; a place hides its token."""
    assert "secret" not in repr(Place("127.0.0.1:1", b"secret"))
    assert repr(Taken(5, None, {})) == "<Taken 5>"  # type: ignore[arg-type]
