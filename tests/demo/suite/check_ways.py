"""What is said in a room, in the words of each protocol. Run by test_suite.py with Django's own runner."""

from django.test import SimpleTestCase

from interfaces.demo import ways
from interfaces.demo.models import Room, Ticket
from interfaces.email.sending.compose import compose
from interfaces.slack.sending.calls import calls_of
from interfaces.sms.sending.drafts import draft


def message(text="hello", side="web", name="ann", number=2):
    """A message as the store gives it."""
    return {
        "number": number,
        "key": "k",
        "who": "a" * 12,
        "name": name,
        "side": side,
        "text": text,
        "at": 1_000_500,
    }


def ticket(via="email", **more):
    """A ticket that is in no database."""
    fields = {"number": 1, "tag": "1-00ff", "subject": "Printer", "slack_ts": "1.2", "message_id": "", **more}
    both = {"email": "ada@customer.example", "phone": "+41790000001"}
    return Ticket(room=Room(slug="ticket-1"), via=via, **both, **fields)


class WaysTests(SimpleTestCase):
    """Where a message goes, and how."""

    def test_no_side_hears_itself(self):
        """A message goes to all sides but its own; the customer hears the agents alone."""
        expected = {
            "web": ["irc.deliver", "slack.send", "email.send"],
            "irc": ["slack.send", "email.send"],
            "slack": ["irc.deliver", "email.send"],
            "email": ["irc.deliver", "slack.send"],
            "sms": ["irc.deliver", "slack.send"],
            "desk": ["irc.deliver", "slack.send"],
        }
        for side, types in expected.items():
            found = [one["type"] for one in ways.everywhere("ticket-1", message(side=side), ticket())]
            assert found == types, side

    def test_senders_take_it(self):
        """What is for mail, texts and Slack is what their senders know, without a key too many."""
        mail = compose(ways.answer(message("grüß dich"), ticket()), now=1, host="desk.example", id="i")
        assert [*mail.recipients] == ["ada@customer.example"]
        assert draft(ways.answer(message(), ticket("sms"))).text == "hello"
        for one in (
            *ways.to_slack("ticket-1", message(), ticket()),
            ways.alert(ticket(), "first"),
            ways.alert(ticket(slack_ts=""), "first"),
        ):
            assert calls_of(one)

    def test_irc_gets_a_line_a_line(self):
        """Ten at most, no empty ones; the nick has no blanks, and the time is that of the message."""
        lines = [*ways.to_irc("ticket-1", message("one\n\n two\n" + "x\n" * 20, name="Ada Lovelace!"))]
        assert [one["text"] for one in lines[:2]] == ["one", " two"]
        assert len(lines) == ways.IRC_LINES
        assert lines[0]["source"] == "Ada_Lovelace_!web@desk"
        assert (lines[0]["target"], lines[0]["time"]) == ("#ticket-1", 1000.5)

    def test_slack_reads_no_markup_of_others(self):
        """Signs that mean something there are escaped, in messages and in alerts."""
        (said,) = ways.to_slack("ticket-1", message("<!channel> & co"), ticket())
        assert said["text"] == "ann: &lt;!channel&gt; &amp; co"
        alert = ways.alert(ticket(subject="<!here>", agent="<!everyone>"), "<@U1>")
        assert "<" not in alert["text"] + "".join(block["text"]["text"] for block in alert["blocks"][:2])

    def test_an_alert_is_not_longer_than_slack_takes(self):
        """However many signs of what was said are escaped; no half of one is left."""
        for first in ("<" * 2000, "&" * 2000, "a" * 2000):
            text = ways.alert(ticket(), first)["blocks"][1]["text"]["text"]
            assert 600 <= len(text) <= ways.SECTION
            assert text == ways.escape(first[: len(ways.unescape(text))], quote=False)

    def test_a_thread_that_is_not_there_yet_gets_nothing(self):
        """Until Slack has said the alert's ts: what is said meanwhile comes later."""
        assert [*ways.to_slack("ticket-1", message(), ticket(slack_ts=""))] == []

    def test_what_is_written_in_slack_is_read_as_words(self):
        """Links and entities are what people see."""
        assert ways.read_slack("see <https://a.example|the page> &amp; <https://b.example>") == (
            "see the page & https://b.example"
        )

    def test_an_alert_shows_what_can_be_done(self):
        """Its buttons are those of its state; one that is known is changed, and not sent again."""
        for state, buttons in (("open", ["take", "close"]), ("taken", ["close"]), ("closed", [])):
            alert = ways.alert(ticket(state=state, agent="ann"), "first")
            found = [one["action_id"] for block in alert["blocks"] for one in block.get("elements", ())]
            assert (found, alert["type"], alert["ts"]) == (buttons, "slack.update", "1.2")
            assert f"{state} by ann" in alert["text"]

    def test_the_console_is_told_the_room(self):
        """Of all that is sent, by its id, or by the channel of IRC."""
        words = [*ways.everywhere("ticket-1", message(), ticket()), ways.alert(ticket(), "")]
        assert {ways.conversation_of(one) for one in words} == {"ticket-1"}
        for unknown in (
            {"type": "x"},
            {"type": "irc.deliver", "target": "dan"},
            {"type": "slack.call", "id": "0f3a"},
        ):
            assert ways.conversation_of(unknown) == ""
        scope = {"type": "sms"}
        ways.filed(scope, "ticket-1")
        assert scope["state"] == {"conversation": "ticket-1"}
