"""A request and a WebSocket whose application runs in a worker keep the contract of those in one process."""

import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from interfaces.shared.errors import NoRoute, PeerGone
from interfaces.testing.raw import RawClient
from tests.contract import test_semantics as contract
from tests.workers.harness import Cluster

# They would be collected here a second time.
CASES = {name: vars(contract)[name] for name in vars(contract) if name.startswith("test_")}


@asynccontextmanager
async def http(app: Any, counts: list[Any]) -> AsyncIterator[Callable[[], Any]]:
    """A request."""
    with tempfile.TemporaryDirectory() as directory:
        async with Cluster(Path(directory)) as cluster, cluster.worker(contract.counting(app, counts)):
            raw = await RawClient.connect(cluster.address)
            await raw.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")

            async def leave() -> None:
                raw.reset()

            yield leave
            await raw.close()


@asynccontextmanager
async def websocket(app: Any, counts: list[Any]) -> AsyncIterator[Callable[[], Any]]:
    """A WebSocket that is accepted before the application goes on."""

    async def accepting(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await app(scope, receive, send)

    with tempfile.TemporaryDirectory() as directory:
        async with Cluster(Path(directory)) as cluster, cluster.worker(contract.counting(accepting, counts)):
            client = await cluster.open()
            await client.send("first")

            async def leave() -> None:
                client.raw.reset()

            yield leave
            await client.raw.close()


KINDS = pytest.mark.parametrize("kind", [http, websocket])


@KINDS
@pytest.mark.parametrize(
    "name",
    [
        "test_who_left_is_told_of_and_cannot_be_sent_to",
        "test_a_task_that_outlives_its_scope_cannot_send",
        "test_the_strand_of_a_scope_ends_with_it",
    ],
)
def test_the_contract_holds_over_a_distance(kind: Any, name: str) -> None:
    """Case by case, as in tests/contract."""
    CASES[name](kind)


@KINDS
@pytest.mark.parametrize(("error", "logged"), [(ZeroDivisionError, 1), (NoRoute, 0), (PeerGone, 0)])
def test_what_is_raised_is_logged_once_or_not_at_all(
    kind: Any, error: Any, logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    """At the worker; the container has nothing to add."""
    CASES["test_what_the_application_raises_is_logged_once_or_not_at_all"](kind, error, logged, caplog)


@KINDS
def test_a_cancelled_application_is_no_failure(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nor is it one at a distance."""
    with caplog.at_level(logging.ERROR):
        CASES["test_a_cancelled_application_is_no_failure"](kind, caplog)
