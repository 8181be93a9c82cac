"""reactions.*: whose stand under a message, and every word of refusal."""

import pytest

from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.methods.reactions import MOST
from tests.testing.slack.kit import ask, error


class Under:
    """A fake with a message of Ann's, and what is done under it."""

    def __init__(self):
        self.slack = FakeSlack()
        self.ts = self.slack.person().says("x")["ts"]
        self.ben = self.slack.world.install("T1", kind="user", user_id="U2").value

    def where(self, name="eyes"):
        """The arguments."""
        return {"channel": "C1", "timestamp": self.ts, "name": name}

    def add(self, name="eyes", token=None):
        """React; the answer."""
        return ask(self.slack, "reactions.add", token, **self.where(name))

    def remove(self, name="eyes", token=None):
        """Take it back; the answer."""
        return ask(self.slack, "reactions.remove", token, **self.where(name))

    @property
    def seen(self):
        """Name → users, and their counts are right."""
        message = ask(self.slack, "reactions.get", channel="C1", timestamp=self.ts)["message"]
        found = message.get("reactions", [])
        assert all(each["count"] == len(each["users"]) for each in found)
        return {each["name"]: each["users"] for each in found}


@pytest.mark.parametrize(
    "name", ["eyes", "+1", "-1", "thumbsup::skin-tone-3", "e-mail", "man_dancing", "100", "blowfish"]
)
def test_what_an_emoji_may_be_called(name):
    """Letters, digits, signs, tones of skin; with or without its colons."""
    under = Under()
    assert under.add(f":{name}:")["ok"]
    assert under.seen == {name: ["UBOT1"]}
    assert under.add(name)["error"] == "already_reacted"


@pytest.mark.parametrize("name", ["not an emoji", "👀", "a/b", "::", "_", "eyes!", "<b>"])
def test_what_is_no_name_of_an_emoji(name):
    """invalid_name, to add and to remove; the sign itself is none either."""
    under = Under()
    if name == "👀":
        assert not name.isalnum()
    assert under.add(name)["error"] == under.remove(name)["error"] == "invalid_name"
    assert under.seen == {}


def test_reactions_are_counted_by_name():
    """Each user once a name, in the order in which they came."""
    under = Under()
    for name, token in (("eyes", None), ("ship", None), ("eyes", under.ben)):
        assert under.add(name, token)["ok"]
    assert under.seen == {"eyes": ["UBOT1", "U2"], "ship": ["UBOT1"]}
    assert under.add("eyes", under.ben)["error"] == "already_reacted"


def test_a_reaction_is_taken_back_by_who_gave_it():
    """The last one takes the name away; others' stay."""
    under = Under()
    under.add("eyes")
    under.add("eyes", under.ben)
    assert under.remove("eyes")["ok"]
    assert under.seen == {"eyes": ["U2"]}
    assert under.remove("eyes")["error"] == "no_reaction"
    assert under.remove("eyes", under.ben)["ok"]
    assert under.seen == {}
    assert under.remove("ship")["error"] == "no_reaction"


def test_a_user_has_so_many_reactions_and_no_more():
    """Also one that others have given already; another user may still."""
    under = Under()
    for number in range(MOST):
        assert under.add(f"e{number}")["ok"]
    under.add("other", under.ben)
    assert under.add("more")["error"] == under.add("other")["error"] == "too_many_reactions"
    assert under.add("more", under.ben)["ok"]
    assert under.remove("e0")["ok"]
    assert under.add("more")["ok"]


@pytest.mark.parametrize("method", ["reactions.add", "reactions.remove", "reactions.get"])
def test_there_has_to_be_a_message(method):
    """In that channel."""
    under = Under()
    where = under.where()
    assert error(under.slack, method, **where | {"channel": "C404"}) == "channel_not_found"
    assert error(under.slack, method, **where | {"timestamp": "1.1"}) == "message_not_found"
    assert error(under.slack, method, **where | {"channel": "C2"}) == "message_not_found"


def test_a_message_is_shown_with_its_reactions():
    """With its channel and what it is."""
    under = Under()
    under.add("eyes")
    found = ask(under.slack, "reactions.get", channel="#general", timestamp=under.ts)
    assert (found["type"], found["channel"], found["message"]["text"]) == ("message", "C1", "x")
    assert found["message"]["reactions"] == [{"name": "eyes", "users": ["UBOT1"], "count": 1}]
