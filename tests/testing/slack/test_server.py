"""The fake as an ASGI application: paths that it has not, scopes that it does not serve."""

import aiohttp
import pytest

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import run, with_slack


@with_slack()
async def test_other_paths_are_not_found(slack, client):
    """A page, not an error of the Web API."""
    async with aiohttp.ClientSession() as session, session.get(f"{slack.world.base}/nowhere") as answer:
        assert (answer.status, await answer.text()) == (404, "not found")


@with_slack()
async def test_a_file_may_be_sent_as_a_form(slack, client):
    """As curl's -F sends it."""
    made = await client.files_getUploadURLExternal(filename="a.txt", length=5)
    form = aiohttp.FormData()
    form.add_field("file", b"hello", filename="a.txt")
    async with aiohttp.ClientSession() as session, session.post(made["upload_url"], data=form) as answer:
        assert answer.status == 200
    assert slack.world.files[made["file_id"]].content == b"hello"
    async with (
        aiohttp.ClientSession() as session,
        session.post(made["upload_url"] + "0", data=b"x") as answer,
    ):
        assert answer.status == 404


@with_slack()
async def test_a_call_may_be_a_form_with_its_token(slack, client):
    """As the first examples of Slack's documentation have it; in the query, too."""
    form = {"token": slack.bot_token, "channel": "C1", "text": "hello", "blocks": '[{"type": "divider"}]'}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{slack.api_url}chat.postMessage", data=form) as answer:
            assert (await answer.json())["message"]["blocks"][0]["type"] == "divider"
        async with session.get(f"{slack.api_url}auth.test", params={"token": slack.bot_token}) as answer:
            assert (await answer.json())["user_id"] == "UBOT1"
    assert "token" not in slack.calls[0].args


def test_other_scopes_are_not_served():
    """Such as lifespan: a server goes on without it."""

    async def main():
        with pytest.raises(NotImplementedError, match="lifespan"):
            await FakeSlack()({"type": "lifespan"}, None, None)

    run(main)


def test_a_fake_that_is_entered_says_where_it_is():
    """And one that is not, that it is not."""

    async def main():
        slack = FakeSlack()
        assert repr(slack) == "FakeSlack(not entered, 0 calls)"
        async with slack:
            assert repr(slack) == f"FakeSlack({slack.world.base}, 0 calls)"
            assert slack.api_url == slack.world.base + "/api/"

    run(main)


def test_two_fakes_know_nothing_of_each_other():
    """Each has its own port, state and tokens."""

    async def main():
        async with FakeSlack() as one, FakeSlack() as other:
            assert one.api_url != other.api_url
            one.person().says("hello")
            assert (len(one.messages("C1")), len(other.messages("C1"))) == (1, 0)

    run(main)
