"""What a store has for a place, in our words."""

import asyncio
import logging

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.slack.installations.records import Place, Record, Records, is_id
from tests.slack.installations.kit import Kept, granted

HERE = Place(None, "T1")


def test_what_looks_like_an_id():
    """Ids become names of files: nothing else does."""
    assert is_id("T0123ABC") and is_id("E1")
    assert not any(is_id(one) for one in (None, "", "../T1", "T1*", "t1", "T" * 33, "T1\n"))


def test_the_bot_is_who_the_store_says():
    """Its token is newer than what stands with the installation."""
    kept = Kept(granted(user_token="xoxp-1"))
    kept.bots[None, "T1"].bot_token = "xoxb-newer"
    found = asyncio.run(Records(kept).read(HERE)).installation()
    assert (found.token, found.user_token, found.key) == ("xoxb-newer", "xoxp-1", "T1")
    assert (found.bot_id, found.bot_user_id, found.app_id) == ("B1", "UBOT", "A1")


def test_a_bot_that_is_gone_is_not_taken_from_elsewhere():
    """What stands with the installation was revoked; who has granted something is still there."""
    kept = Kept(granted(user_token="xoxp-1"))
    kept.bots.clear()
    found = asyncio.run(Records(kept).read(HERE)).installation()
    assert (found.token, found.bot_user_id) == ("xoxp-1", None)
    kept.rows[None, "T1"].user_token = None
    assert asyncio.run(Records(kept).read(HERE)).installation() is None


class OnlyBots(Kept):
    """A store that knows nothing else."""

    async def async_find_installation(self, **named):
        """Not there."""
        raise NotImplementedError


class NoBots(Kept):
    """A store that knows none."""

    async def async_find_bot(self, **named):
        """Not there."""
        raise NotImplementedError


@pytest.mark.parametrize("kind", [OnlyBots, NoBots])
def test_stores_that_have_half_of_it(kind):
    """slack_sdk asks for either of both."""
    record = asyncio.run(Records(kind(granted())).read(HERE))
    assert record.installation().token == "xoxb-T1-1"


def test_an_organisation():
    """Has no team, and its enterprise's id as key, also where a store says "" for none."""
    one = granted(None, enterprise_id="E1", is_enterprise_install=True)
    found = asyncio.run(Records(Kept(one)).read(Place("E1", None))).installation()
    assert (found.key, found.team_id, found.enterprise_id, found.is_enterprise_install) == (
        "E1",
        None,
        "E1",
        True,
    )
    one.team_id = ""
    assert Record(one.to_bot(), one).installation() == found


def test_what_a_store_raises_is_unavailable(caplog):
    """And told by its class alone: its text may have tokens."""
    kept = Kept(granted())
    kept.failing = 1
    with pytest.raises(Unavailable, match="OSError") as caught, caplog.at_level(logging.DEBUG):
        asyncio.run(Records(kept).read(HERE))
    assert "secret" not in str(caught.value) + caplog.text
    assert caught.value.__suppress_context__


def test_what_is_kept_has_the_newest_bot():
    """The installation with it; where there is none, the bot alone. No scopes are a list."""
    kept = Kept(granted(bot_scopes=""))
    bot = granted(bot_token="xoxb-new").to_bot()
    bot.bot_scopes = None
    asyncio.run(Records(kept).write(Record(bot, granted())))
    assert kept.rows[None, "T1"].bot_token == kept.bots[None, "T1"].bot_token == "xoxb-new"
    assert kept.rows[None, "T1"].bot_scopes == []
    asyncio.run(Records(kept).write(Record(bot, None)))
    asyncio.run(Records(kept).write(Record(None, granted())))
    assert kept.calls == ["save", "save_bot", "save"] and kept.rows[None, "T1"].bot_token is None


def test_what_is_deleted():
    """All of a place; the tokens of a user; the bot, where it is one of the users."""
    for users, rows, bots in ((None, 0, 0), (["U1"], 0, 1), (["UBOT"], 1, 0), (["U9"], 1, 1), ([], 1, 1)):
        kept = Kept(granted())
        asyncio.run(Records(kept).delete(HERE, users))
        assert (len(kept.rows), len(kept.bots)) == (rows, bots), users
    assert "Kept" in repr(Records(kept))
