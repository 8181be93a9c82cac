"""A PostgreSQL and a broker of the tests' own."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from tests.django.postgres import binaries, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of the socket of a running server, whose superuser is ``postgres``, without a password."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    with running(folder) as place:
        yield place


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The URL of a broker."""
    with Embedded() as server:
        yield server.url


@pytest.fixture
def layer(broker: str) -> dict[str, Any]:
    """An entry of CHANNEL_LAYERS that no other test has."""
    config = {"hosts": [broker], "prefix": f"t{uuid.uuid4().hex[:12]}", "capacity": 10_000}
    return {"BACKEND": "interfaces.layers.redis.RedisChannelLayer", "CONFIG": config}
