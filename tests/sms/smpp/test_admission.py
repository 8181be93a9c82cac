"""Who may bind: functions of every kind, and what is none."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.sms.smpp.admission import Admission


def plain(system_id, password):
    """Blocks, in a thread."""
    if password == "broken":
        raise RuntimeError("no database")
    return password == "secret"


async def waits(system_id, password):
    """A coroutine."""
    return password == "secret"


def gives(system_id, password):
    """A plain one that gives an awaitable."""
    return waits(system_id, password)


@pytest.mark.parametrize("name", ["plain", "waits", "gives"])
def test_each_kind_is_asked(name):
    """A wrong password is ESME_RINVPASWD."""

    async def main():
        admission = Admission(f"{__name__}:{name}")
        assert [await admission.status("me", word) for word in ("secret", "wrong")] == [0, 0x0E]

    asyncio.run(main())


def test_one_that_raises_is_a_system_error(caplog):
    """The log has its frames; the peer may try again."""

    async def main():
        assert await Admission(f"{__name__}:plain").status("me", "broken") == 8

    asyncio.run(main())
    assert "no database" in caplog.text


@pytest.mark.parametrize("spec", ["nowhere:f", f"{__name__}:missing", "json", f"{__name__}:__name__", ":f"])
def test_what_is_no_function(spec):
    """The operator is told at the start."""
    with pytest.raises(ConfigError, match="--sms-gateway-auth"):
        Admission(spec)
