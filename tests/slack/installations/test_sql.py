"""Any database of SQLAlchemy's."""

import asyncio
import threading

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.opening import open_store
from interfaces.slack.installations.records import Place, Records
from tests.slack.installations.kit import granted


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nodialect+nothing://u:secret@h/x", "nodialect"),
        ("sqlite+pysqlite:///x", "not async"),
        ("postgresql+nodriver://u:secret@h/x", "nodriver"),
        ("mysql+aiomysql://u:secret@h/x", "aiomysql"),
        ("sqlite+aiosqlite://u:secret@:notaport/x", "cannot read"),
    ],
)
def test_urls_that_cannot_be(url, says):
    """One line, without the password: no such dialect, a driver that is sync or not there, no URL."""
    with pytest.raises(ConfigError, match=says) as caught:
        open_store(url, "1.1")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert str(caught.value).startswith("--slack-installations ")


def test_a_database_that_is_away(tmp_path):
    """Is tried again."""
    store = open_store(f"sqlite+aiosqlite:///{tmp_path}/no/folder/x.db", "1.1")

    async def main():
        with pytest.raises(Unavailable, match="unable to open database file"):
            await store.prepare()
        await store.close()
        async with asyncio.timeout(5):  # aiosqlite's thread tells the loop that it ends
            while any("connection_worker" in one.name for one in threading.enumerate()):
                await asyncio.sleep(0.01)

    asyncio.run(main())


def test_errors_show_no_token(tmp_path, caplog):
    """SQLAlchemy would tell the values of a statement that fails."""

    async def main():
        store = open_store(f"sqlite+aiosqlite:///{tmp_path}/x.db", "1.1")
        with pytest.raises(Exception, match="slack_installations") as caught:  # its tables are not there
            await store.store.async_save(granted(bot_token="xoxb-secret"))
        assert "secret" not in str(caught.value)
        with pytest.raises(Unavailable):
            await Records(store.store).read(Place(None, "T1"))
        await store.prepare()
        await store.prepare()  # another container
        with pytest.raises(Exception, match="NOT NULL") as caught:
            await store.store.async_save(granted(bot_token="xoxb-secret", app_id=None))
        assert "secret" not in str(caught.value)
        await store.store.async_save(granted(bot_token="xoxb-secret"))
        await store.close()

    asyncio.run(main())
    assert "secret" not in caplog.text
