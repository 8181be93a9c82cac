"""Installations of many workspaces: found, remembered, removed."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.client import web_client
from interfaces.slack.installations.many import FRESH, KEPT, MISSED, NAME, Many
from interfaces.slack.installations.records import Records
from interfaces.slack.installations.rotation import Rotation
from interfaces.slack.installations.stores import Store
from interfaces.testing.slack import App, FakeSlack
from tests.slack.installations.kit import Hours, Kept, Readiness, granted, grants, options


class Case:
    """Many over a store in memory, with a clock of its own."""

    def __init__(self, *found, **more) -> None:
        self.kept = Kept(*found)
        self.now = 0.0
        self.ready = Readiness()
        self.many = Many(
            options(installations="memory"),
            self.ready.context,
            Store(self.kept),
            clock=lambda: self.now,
            **more,
        )

    @property
    def looks(self) -> int:
        """How often the store was asked."""
        return self.kept.calls.count("find_bot")


def test_a_team_is_found_and_remembered():
    """For a minute, as its next look is the store's."""

    async def main():
        case = Case(granted("T1"), granted("T2"))
        await case.many.open()
        assert case.ready.said == [(NAME, True, "")]
        for _ in range(3):
            assert (await case.many.find("T1")).token == "xoxb-T1-1"
        assert (await case.many.find("T2")).key == "T2" and case.looks == 2
        case.now = FRESH
        await case.many.find("T1")
        assert case.looks == 3
        await case.many.close()

    asyncio.run(main())


def test_who_is_not_there_is_remembered_for_less():
    """So that who installs it in another container does not wait."""

    async def main():
        case = Case()
        assert await case.many.find("T1") is None and await case.many.find("T1") is None
        assert case.looks == 1
        case.now = MISSED
        case.kept._keep(granted("T1"))
        assert await case.many.find("T1") is not None

    asyncio.run(main())


def test_who_asks_at_once_looks_once():
    """A burst of events of one team is one look."""

    async def main():
        case = Case(granted("T1"))
        found = await asyncio.gather(*(case.many.find("T1") for _ in range(50)))
        assert len({id(one) for one in found}) == 1 and case.looks == 1

    asyncio.run(main())


def test_answers_are_bounded():
    """The oldest is forgotten."""

    async def main():
        case = Case()
        for number in range(KEPT + 5):
            await case.many.find(f"T{number}")
        assert f"{KEPT} remembered" in repr(case.many)

    asyncio.run(main())


def test_a_store_that_is_away_is_no_answer():
    """It is asked again at once, and not remembered."""

    async def main():
        case = Case(granted("T1"))
        case.kept.failing = 1
        with pytest.raises(Unavailable):
            await case.many.find("T1")
        assert await case.many.find("T1") is not None

    asyncio.run(main())


def test_what_is_no_id_asks_nobody():
    """Ids are parts of paths in some stores."""

    async def main():
        case = Case()
        for team in ("../../etc", "T1*", "", None):
            assert await case.many.find(team) is None
        await case.many.removed("../x", None)
        await case.many.removed(None, None)
        assert not {*case.kept.calls} - {"find_bot"} and case.looks == 0

    asyncio.run(main())


WHOLE = {"enterprise_id": "E1", "is_enterprise_install": True, "bot_token": "xoxb-E1-1"}


def test_enterprise_grid():
    """A team's own comes first, then its enterprise's; where Slack says that it is the enterprise's, that."""

    async def main():
        case = Case(granted(None, **WHOLE), granted("T1", enterprise_id="E1"))
        find = case.many.find
        assert (await find("T1", "E1")).key == "T1"
        assert (await find("T1", "E1", is_enterprise_install=True)).key == "E1"
        found = await find("T2", "E1")
        assert (found.key, found.team_id, found.is_enterprise_install) == ("E1", None, True)
        assert (await find(None, "E1")).key == "E1" and await find("T2", "E2") is None
        assert await find("T2") is None

    asyncio.run(main())


def test_a_team_that_has_joined_an_enterprise():
    """Was kept without it."""

    async def main():
        assert (await Case(granted("T1")).many.find("T1", "E1")).key == "T1"

    asyncio.run(main())


def test_uninstalled():
    """It is gone at once, here and in the store; for all of an enterprise where it was that."""

    async def main():
        case = Case(granted("T1", enterprise_id="E1"), granted("T2"), granted(None, **WHOLE))
        for team, enterprise in (("T1", "E1"), ("T2", None), ("T3", "E1")):
            assert await case.many.find(team, enterprise)
        await case.many.removed("T2", None)
        assert await case.many.find("T2") is None and (await case.many.find("T1", "E1")).key == "T1"
        await case.many.removed("T1", "E1")
        assert (await case.many.find("T1", "E1")).key == "E1"
        await case.many.removed("T3", "E1", is_enterprise_install=True)
        assert await case.many.find("T3", "E1") is None and not case.kept.rows and not case.kept.bots

    asyncio.run(main())


def test_revoked():
    """The tokens of users, or the bot's, and nothing else."""

    async def main():
        case = Case(granted("T1", user_token="xoxp-1"))
        await case.many.find("T1")
        await case.many.removed("T1", None, ["U1", "*"])
        found = await case.many.find("T1")
        assert (found.token, found.user_token) == ("xoxb-T1-1", "")
        await case.many.removed("T1", None, ["UBOT"])
        assert await case.many.find("T1") is None

    asyncio.run(main())


def test_a_store_that_cannot_remove():
    """Is to be told again; what is remembered is forgotten all the same."""

    async def main():
        case = Case(granted("T1"))
        await case.many.find("T1")
        case.kept.failing = 1
        with pytest.raises(Unavailable):
            await case.many.removed("T1", None)
        await case.many.find("T1")
        assert case.looks == 2

    asyncio.run(main())


def test_what_is_removed_while_it_is_looked_for():
    """Is not remembered: the look may have been before."""

    async def main():
        case = Case(granted("T1"))
        go, find = asyncio.Event(), case.kept.async_find_installation

        async def slowly(**named):
            found = await find(**named)
            await go.wait()
            return found

        case.kept.async_find_installation = slowly
        looking = asyncio.create_task(case.many.find("T1"))
        while not case.looks:
            await asyncio.sleep(0)
        await case.many.removed("T1", None)
        go.set()
        await looking
        case.kept.async_find_installation = find
        assert await case.many.find("T1") is None

    asyncio.run(main())


def test_a_token_is_renewed_on_the_way():
    """Found with the new one."""

    async def main():
        async with FakeSlack(app=App(rotation=True)) as slack:
            kept = Kept(grants(slack))
            rotation = Rotation(
                Records(kept),
                web_client(slack.api_url),
                ("1.1", "fake-client-secret"),
                now=Hours(),
                spread=0.0,
            )
            many = Many(
                options(slack, installations="memory"), Readiness().context, Store(kept), rotation=rotation
            )
            old = kept.bots[None, "T1"].bot_token
            found = await many.find("T1")
            assert found.token == kept.bots[None, "T1"].bot_token != old
            await many.close()

    asyncio.run(main())


def test_a_store_that_cannot_be():
    """Ends the start, and is let go of."""

    async def main():
        closed = []

        async def prepare():
            raise ConfigError("no table")

        async def close():
            closed.append(True)

        many = Many(options(installations="memory"), Readiness().context, Store(Kept(), prepare, close))
        with pytest.raises(ConfigError, match="no table"):
            await many.open()
        assert closed == [True]

    asyncio.run(main())


def test_a_store_that_is_down_at_the_start():
    """The server starts, and is not ready."""

    async def main():
        async def prepare():
            raise Unavailable("no database")

        ready = Readiness()
        many = Many(options(installations="memory"), ready.context, Store(Kept(), prepare))
        await many.open()
        assert ready.said == [(NAME, False, "no database")]
        await many.close()

    asyncio.run(main())
