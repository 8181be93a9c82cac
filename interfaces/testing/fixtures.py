"""Fixtures for pytest: ``pytest_plugins = ["interfaces.testing.fixtures"]`` in a conftest.py."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from interfaces.shared.asgi import Application
from interfaces.testing.live import LiveServer
from interfaces.testing.recorder import Recorder

__all__ = ["interfaces_recorder", "interfaces_server"]

pytest.register_assert_rewrite(
    "interfaces.testing.contract",
    "interfaces.testing.layer_groups",
    "interfaces.testing.layer_messages",
    "interfaces.testing.layer_time",
)


@pytest.fixture
def interfaces_recorder() -> Recorder:
    """An application that records, and answers with its defaults until ``script`` says otherwise."""
    return Recorder()


@pytest.fixture
def interfaces_server() -> Iterator[Callable[..., LiveServer]]:
    """``interfaces_server(app, "http", "ws", **options)`` serves until the test ends, on a free port."""
    with ExitStack() as stack:

        def serve(app: Application, *names: str, **options: Any) -> LiveServer:
            if not names or {*names} & {"http", "ws"}:
                options.setdefault("http_bind", ("127.0.0.1:0",))
            return stack.enter_context(LiveServer(app, *names, **options))

        yield serve
