"""interfaces.testing.slack.operated: people who are operated by HTTP."""

import aiohttp
import pytest

from interfaces.testing.slack.operated import OperatedSlack
from tests.testing.slack.kit import hook, run

BUTTON = {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "Take"}}


def operate(*calls, answers=()):
    """What a served fake answers to (method, path, body, headers), and how often its app was told something."""

    async def main():
        async with OperatedSlack() as slack, hook(*answers) as served, aiohttp.ClientSession() as client:
            slack.events_url = served.url
            bot = slack.world.bot_of(slack.world.workspace("T1"))
            blocks = [{"type": "actions", "block_id": "b", "elements": [BUTTON]}]
            slack.world.post(
                slack.world.channel("C1"),
                {"user": bot.id, "bot_id": bot.bot_id, "text": "New", "blocks": blocks},
            )
            said = []
            for method, path, body, headers in calls:
                url = slack.world.base + path
                async with client.request(method, url, data=body, headers=headers) as answer:
                    said.append((answer.status, await answer.text()))
            return said, len(served.requests)

    return run(main)


def test_people_say_and_press():
    """A line is done by who is named; the answer is what people see, also to who only looks."""
    said, count = operate(
        ("POST", "/people/ben", "good morning", {}),
        ("POST", "/people/ann", "press take", {}),
        ("GET", "/people", None, {}),
    )
    assert [status for status, _ in said] == [200, 200, 200]
    assert said[2][1] == said[1][1] == "bot #general: [Take: take]\nben #general: good morning\n"
    assert count == 2


def test_without_a_name_it_is_ann():
    """As at the terminal."""
    ((_, said),), _ = operate(("POST", "/people", "hello", {}))
    assert said.endswith("ann #general: hello\n")


@pytest.mark.parametrize(
    ("line", "words"), [("press nothing", "nothing has the action_id"), ("hello", "did not acknowledge")]
)
def test_what_goes_wrong_is_said(line, words):
    """A button that is not there, and an app that fails."""
    ((status, said),), _ = operate(("POST", "/people/ann", line, {}), answers=[(500, "")])
    assert status == 422
    assert words in said


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/people/ann", {"Origin": "https://evil.example"}, 403),
        ("PUT", "/people/ann", {}, 405),
        ("POST", "/peopled", {}, 404),
    ],
)
def test_others_say_nothing(method, path, headers, status):
    """A page of another site, other methods; all else is the fake's."""
    ((found, _),), count = operate((method, path, "hello", headers))
    assert (found, count) == (status, 0)
