"""What applications are told of dialled connections, and those who do not want to know."""

import asyncio
import logging

import pytest

from interfaces.shared.telemetry import Telemetry
from interfaces.shared.upstream_scope import CAPACITY, SCOPES, Telling
from tests.runner.virtual import run
from tests.shared.upstreams import Heard, passes

WORD = {"type": "upstream.connected", "links": 1}


def telling(app, **scope):
    """To ``app``, with its counts."""
    telemetry = Telemetry()
    return Telling(app, {"protocol": "irc", "name": "irc libera", **scope}, telemetry.count), telemetry.counts


def test_a_scope_lasts_to_the_end():
    """It has what every scope has, and an application that asks on after the last word is released."""

    async def main():
        tell, _ = telling(app := Heard(), state={"db": 1})
        assert "new" in repr(tell)
        tell(WORD)
        await passes(0)
        assert app.scope == {
            "type": "upstream", "asgi": {"version": "3.0", "spec_version": "1.0"}, "protocol": "irc", "path": "irc",
            "name": "irc libera", "conversation": None, "state": {"db": 1}, "extensions": {},
        }  # fmt: skip
        assert set(app.scope) == set(next(iter(SCOPES)).__annotations__)
        await tell.close()
        assert app.types == ["connected", "closed"]
        assert tell._session.ended

    run(main())


@pytest.mark.parametrize(
    "error", [ValueError("No application configured for scope type 'upstream'"), KeyError("type")]
)
def test_who_refuses_the_type_is_left_alone(error, caplog):
    """As with lifespan: it is called once, and no word is lost about it."""
    caplog.set_level(logging.INFO)

    async def main():
        calls = []

        async def router(scope, receive, send):
            calls.append(scope["type"])
            raise error

        tell, _ = telling(router)
        for _ in range(3):
            tell(WORD)
            await passes(0)
        await tell.close()
        assert calls == ["upstream"]

    run(main())
    assert caplog.messages == []


def test_a_mistake_is_told(caplog):
    """Who had taken a word and raises then has not refused."""

    async def main():
        async def broken(scope, receive, send):
            await receive()
            raise RuntimeError("mine")

        tell, _ = telling(broken)
        tell(WORD)
        await passes(0)
        tell(WORD)
        await tell.close()

    run(main())
    assert [record.exc_info[0] for record in caplog.records] == [RuntimeError]


def test_nothing_is_to_be_said():
    """What is sent there is the application's mistake."""

    async def main():
        said = []

        async def app(scope, receive, send):
            try:
                await send({"type": "websocket.send"})
            except RuntimeError as error:
                said.append(str(error))

        tell, _ = telling(app)
        tell(WORD)
        await passes(0)
        assert said == ["websocket.send: a scope of type upstream takes no messages"]

    run(main())


def test_who_does_not_listen_holds_so_much():
    """Words beyond the inbox are counted; the last one comes all the same, and the end does not wait for ever."""

    async def main():
        async def deaf(scope, receive, send):
            await asyncio.sleep(1000)

        tell, counts = telling(deaf)
        for _ in range(CAPACITY + 5):
            tell(WORD)
        assert counts["upstream.untold"] == 5
        await tell.close(3)
        assert asyncio.get_running_loop().time() <= 4

    run(main())


def test_nobody_is_called_when_nothing_was_told():
    """An end without a beginning is none."""

    async def main():
        tell, _ = telling(app := Heard())
        await tell.close()
        assert app.events == []

    run(main())
