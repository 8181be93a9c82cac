"""response_url, without a client: everything that may be posted to one, and what is refused."""

import json

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.responses import respond
from tests.testing.slack.kit import ask

BLOCKS = [{"type": "divider"}]


class Given:
    """A fake with a message of the bot's, and an address that was given for it, or for a command."""

    def __init__(self, surface="message"):
        self.slack = FakeSlack(clock=SteppedClock())
        self.world = self.slack.world
        self.ts = ""
        if surface == "message":
            said = {"channel": "C1", "text": "before", "blocks": BLOCKS, "attachments": [{"text": "a"}]}
            self.ts = ask(self.slack, "chat.postMessage", **said)["ts"]
        elif surface == "ephemeral":
            said = {"channel": "C1", "user": "U1", "text": "before", "blocks": BLOCKS}
            self.ts = ask(self.slack, "chat.postEphemeral", **said)["message_ts"]
        url = self.world.response_url(self.world.channel("C1"), "U1", self.ts)
        self.name = url.rpartition("/")[2]

    def say(self, said):
        """The status and the text of the answer."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        answer = respond(self.world, self.name, body)
        return answer.status, answer.body.decode()

    @property
    def left(self):
        """How often it is good."""
        return self.world.responses[self.name].left

    @property
    def texts(self):
        """What stands in the channel, and what one person sees."""
        return [each["text"] for each in self.slack.messages("C1")], [
            each["text"] for each in self.slack.ephemerals
        ]


@pytest.mark.parametrize(
    ("said", "everybody", "one"),
    [
        ({"text": "x"}, [], ["x"]),
        ({"text": "x", "response_type": "ephemeral"}, [], ["x"]),
        ({"text": "x", "response_type": "in_channel"}, ["x"], []),
        ({"text": "x", "response_type": "other"}, [], ["x"]),
        ({"text": "x", "replace_original": True}, [], ["x"]),
        ({"text": "x", "replace_original": False, "response_type": "in_channel"}, ["x"], []),
        ({"blocks": BLOCKS}, [], [""]),
        ({"attachments": [{"text": "a"}], "response_type": "in_channel"}, [""], []),
    ],
)
def test_a_command_is_answered(said, everybody, one):
    """To who gave it, or to all; there is no message that could be replaced."""
    given = Given("command")
    assert given.say(said) == (200, "ok")
    assert given.texts == (everybody, one)
    assert given.left == 4


@pytest.mark.parametrize("surface", ["message", "ephemeral"])
@pytest.mark.parametrize(
    ("said", "after"),
    [
        ({"text": "new"}, {"text": "new"}),
        ({"blocks": BLOCKS}, {"text": "", "blocks": BLOCKS}),
        ({"text": "new", "blocks": BLOCKS}, {"text": "new", "blocks": BLOCKS}),
        ({"attachments": [{"text": "b"}]}, {"text": "", "attachments": [{"text": "b"}]}),
        ({"text": "new", "blocks": []}, {"text": "new"}),
        ({"text": "new", "metadata": {"event_type": "x"}}, {"text": "new"}),
    ],
)
def test_a_message_is_replaced(surface, said, after):
    """All of its content, whoever sees it; it keeps its name, and is marked as edited."""
    given = Given(surface)
    assert given.say({"replace_original": True, **said}) == (200, "ok")
    (message,) = given.slack.messages("C1") or given.slack.ephemerals
    assert message["ts"] == given.ts
    content = {name: message[name] for name in ("text", "blocks", "attachments") if name in message}
    assert content == after
    assert message["edited"]["user"] == "UBOT1"


@pytest.mark.parametrize("surface", ["message", "ephemeral"])
def test_a_message_is_deleted(surface):
    """With an answer beside it or not; then it is there no more to be replaced."""
    given = Given(surface)
    assert given.say({"delete_original": True, "text": "ignored"}) == (200, "ok")
    assert given.texts == ([], [])
    assert (
        given.say({"delete_original": True})
        == given.say({"replace_original": True, "text": "x"})
        == (400, "message_not_found")
    )
    assert given.left == 4


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "invalid_payload"),
        (b"{", "invalid_payload"),
        (b"text=x", "invalid_payload"),
        (b"[]", "invalid_payload"),
        (b'"x"', "invalid_payload"),
        (b"null", "invalid_payload"),
        (b"{}", "no_text"),
        (b'{"text": ""}', "no_text"),
        (b'{"blocks": [], "attachments": []}', "no_text"),
        (b'{"replace_original": true}', "no_text"),
        (b"\xff\xfe", "invalid_payload"),
    ],
)
def test_what_says_nothing_is_no_answer(body, word):
    """400 with a word; it does not count, and changes nothing."""
    given = Given()
    assert given.say(body) == (400, word)
    assert given.left == 5
    assert given.texts == (["before"], [])


def test_five_answers_and_no_more():
    """Of any kind; the sixth is told so."""
    given = Given()
    for number in range(5):
        assert given.say({"text": str(number), "response_type": "in_channel"}) == (200, "ok")
    assert given.say({"text": "6"}) == (404, '{"ok": false, "error": "used_url"}')
    assert given.texts == (["before", "0", "1", "2", "3", "4"], [])


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (1800, 200), (1801, 404), (86_400, 404)])
def test_an_address_is_good_for_half_an_hour(seconds, status):
    """By the fake's clock."""
    given = Given()
    given.slack.clock.step(seconds)
    assert given.say({"text": "x"})[0] == status
    assert (given.left == 4) is (status == 200)


def test_an_address_that_was_never_given():
    """404, as one that is over."""
    answer = respond(Given().world, "R404", b"{}")
    assert (answer.status, json.loads(answer.body)["error"]) == (404, "invalid_url")


@pytest.mark.parametrize("kind", ["in_channel", "ephemeral"])
def test_an_answer_may_be_in_a_thread(kind):
    """As the app's message."""
    given = Given("command")
    given.say({"text": "x", "thread_ts": "1.1", "response_type": kind})
    (message,) = given.slack.messages("C1") or given.slack.ephemerals
    assert (message["thread_ts"], message["bot_id"], message["app_id"]) == ("1.1", "B1", "A1")
    assert message.get("to") == (None if kind == "in_channel" else "U1")


def test_each_address_counts_for_itself():
    """And each is another."""
    given = Given()
    first = given.name
    given.name = given.world.response_url(given.world.channel("C1"), "U1").rpartition("/")[2]
    assert first != given.name
    given.say({"text": "x"})
    assert (given.world.responses[first].left, given.left) == (5, 4)
