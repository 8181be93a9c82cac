"""The desk: what becomes of what customers and agents say. Run by test_suite.py with Django's own runner."""

from unittest.mock import patch

import pytest
from django.test import TestCase

from interfaces.demo import desk, store
from interfaces.demo.models import Ticket
from interfaces.demo.words import Refused
from interfaces.email.mime import Parsed
from tests.demo.suite.kit import ADA, ANN, PHONE, Sent, mail, mailed, text
from tests.email.sending.events import received


def said(slug):
    """Who has said what in a room, on which side."""
    return [(one["side"], one["name"], one["text"]) for one in store.history(slug)]


class CustomerTests(Sent, TestCase):
    """What customers write and text."""

    def test_a_mail_opens_a_ticket(self):
        """Its text is the first message of a room, the desk's room is told, and Slack gets an alert with buttons."""
        ticket = mailed()
        assert (ticket.number, ticket.via, ticket.customer, ticket.subject) == (1, "email", ADA, "Printer")
        assert said("ticket-1") == [("email", "Ada", "It is on fire.")]
        assert said("desk") == [("desk", "Desk", f"New: #1 Printer, from {ADA}. It is in #ticket-1.")]
        assert self.told[0][:2] == ("ticket-1", "message")
        assert self.told[-1] == ("ticket-1", "ticket", desk.shown(ticket))
        (alert,) = self.taken("slack.send")
        assert [one["action_id"] for one in alert["blocks"][-1]["elements"]] == ["take", "close"]
        assert alert["reply_channel"] == "demo.results"

    def test_a_mail_that_comes_again_changes_nothing(self):
        """The same dedupe_key is one effect."""
        mailed()
        self.sent.clear()
        event = mail()
        assert desk.mailed(event, Parsed.of(event["body"]), None) is None
        assert (len(said("ticket-1")), Ticket.objects.count(), self.sent) == (1, 1, [])

    def test_an_answer_goes_into_its_ticket(self):
        """By the tag in the address, in any case of letters, without what it quotes; another ticket is another room."""
        first = mailed()
        mailed(id="2", subject="Other")
        mailed("Still burning.\r\n\r\n> It is on fire.", first.tag.upper(), id="3")
        assert [text for _, _, text in said("ticket-1")] == ["It is on fire.", "Still burning."]
        assert len(said("ticket-2")) == 1
        first.refresh_from_db()
        assert first.message_id == "3@customer.example"

    def test_an_address_that_was_made_up_is_refused(self):
        """The number alone opens no ticket, and nothing is kept."""
        mailed()
        for tag in ("1", "1-00000000", ""):
            with pytest.raises(Refused) as caught:
                mailed(tag=tag, id=f"x{tag}")
            assert caught.value.code == "unknown"
        assert len(said("ticket-1")) == 1

    def test_texts_of_a_number_are_one_ticket_until_it_is_closed(self):
        """The next ones join it; after its end a new one is opened; other numbers have their own."""
        for number in ("1", "2"):
            desk.texted(text(f"text {number}", id=number))
        desk.texted(text("mine", id="3", sender="+41790000002"))
        assert [one[2] for one in said("ticket-1")] == ["text 1", "text 2"]
        assert desk.close(1, "ann")
        ticket, new = desk.texted(text("again", id="4"))
        assert (ticket.number, ticket.via, ticket.customer, new) == (3, "sms", PHONE, True)

    def test_a_text_that_names_a_ticket_joins_it(self):
        """By the tag that the mail has told; answers then go by text, until there is mail again. A number is no tag."""
        ticket = mailed()
        joined, new = desk.texted(text(f"#{ticket.tag} I am out.", id="1"))
        assert (joined.number, new, joined.customer) == (1, False, PHONE)
        assert said("ticket-1")[-1] == ("sms", PHONE, "I am out.")
        assert desk.texted(text("Are you there?", id="2"))[0].number == 1
        mailed("Back.", ticket.tag, id="3")
        ticket.refresh_from_db()
        assert (ticket.customer, ticket.phone) == (ADA, PHONE)
        stranger = text("#1 hello", id="4", sender="+41790000002")
        assert desk.texted(stranger)[0].number == 2
        assert said("ticket-2") == [("sms", "+41790000002", "#1 hello")]

    def test_a_mail_into_a_closed_ticket_opens_it_again(self):
        """It is nobody's then, and its alert says so."""
        ticket = mailed()
        desk.close(1, "ann")
        self.sent.clear()
        mailed("But no.", ticket.tag, id="2")
        ticket.refresh_from_db()
        assert (ticket.state, ticket.agent) == ("open", "")
        assert "open" in self.taken("slack.send")[-1]["text"]

    def test_what_is_odd_is_made_to_fit(self):
        """Long, empty and unprintable words are kept as far as a room takes them; a file is named."""
        ticket = mailed("x" * 5000 + "\x1b[31m", subject="s" * 300)
        assert (len(said("ticket-1")[0][2]), len(ticket.subject)) == (2000, 60)
        desk.texted(text("", id="9"))
        assert said("ticket-2") == [("sms", PHONE, "(nothing)")]

    def test_who_writes_is_who_can_be_answered(self):
        """Reply-To before From, and the envelope where neither has an address; the name is the address without one."""
        for number, (fields, name, address) in enumerate([
            ("From: Ada <ada@customer.example>\r\nReply-To: home@ada.example", "home@ada.example", "home@ada.example"),
            ("From: nobody", ADA, ADA),
            ("X: y", ADA, ADA),
        ]):  # fmt: skip
            event = received(f"{fields}\r\n\r\nhello\r\n".encode(), ADA, dedupe_key=f"mail {number}")
            ticket, _ = desk.mailed(event, Parsed.of(event["body"]), None)
            assert (ticket.customer, said(ticket.room.slug)[0][1]) == (address, name), fields

    def test_a_full_desk_refuses(self):
        """No room for another ticket: the customer is told, and nothing is half done."""
        with patch.object(store, "ROOMS_MAX", 2):
            mailed()
            with pytest.raises(Refused) as caught:
                mailed(id="2")
        assert (caught.value.code, Ticket.objects.count()) == ("full", 1)


class AgentTests(Sent, TestCase):
    """What the desk's own people say and do."""

    def test_an_answer_by_mail_stands_in_the_thread(self):
        """To the customer, from the desk, with the ticket's address to answer to, below their latest mail."""
        ticket = mailed()
        self.sent.clear()
        desk.say("ticket-1", ANN, "Unplug it.", "web")
        (answer,) = [message for channel, message in self.sent if channel == "email.send"]
        assert (answer["to"], answer["reply_to"]) == (ADA, ticket.address)
        assert (answer["subject"], answer["in_reply_to"]) == ("Re: [#1] Printer", ["1@customer.example"])
        assert answer["text"].startswith("Unplug it.\n")

    def test_an_answer_by_text_is_one(self):
        """To the number that has texted."""
        desk.texted(text())
        self.sent.clear()
        desk.say("ticket-1", ANN, "On its way.", "irc")
        assert [(one["to_address"], one["text"]) for one in self.taken("sms.send")] == [
            (PHONE, "On its way.")
        ]

    def test_a_message_that_is_said_twice_is_sent_once(self):
        """By its key; the one who repeats it hears it again."""
        mailed()
        self.sent.clear()
        for _ in range(2):
            kept = desk.say("ticket-1", ANN, "Unplug it.", "web", "key-00001")
        assert [one["number"] for slug, kind, one in self.told if kind == "message"].count(
            kept["number"]
        ) == 2
        assert len(self.taken("email.send")) == 1

    def test_what_customers_say_is_not_sent_to_them(self):
        """Nor what the program says, such as who has taken it."""
        ticket = mailed()
        mailed("More.", ticket.tag, id="2")
        desk.take(1, "ann")
        assert self.taken("email.send") == []

    def test_a_ticket_is_taken_and_closed_once(self):
        """Each change is said in the room, on the page and in Slack; what is no change is none."""
        mailed()
        self.told.clear()
        assert desk.take(1, "ann")
        assert not desk.take(1, "ann")
        assert desk.take(1, "ben")
        assert desk.close(1, "ben")
        assert not desk.take(1, "ann")
        assert not desk.close(2, "ann")
        assert [one[2] for one in said("ticket-1")][1:] == [
            "ann has taken it.", "ben has taken it.", "ben has closed it.",
        ]  # fmt: skip
        states = [one["ticket"]["state"] for _, kind, one in self.told if kind == "ticket"]
        assert states == ["taken", "taken", "closed"]
        assert desk.open_tickets() == []

    def test_the_room_of_the_desk_has_no_customer(self):
        """It is told in Slack and on IRC; any other room that is no ticket on IRC alone."""
        for slug, types in (("desk", ["irc.deliver", "slack.send"]), ("tea", ["irc.deliver"])):
            store.opened(slug)
            desk.say(slug, ANN, "hello", "web")
            assert [message["type"] for _, message in self.sent] == types
            self.sent.clear()

    def test_a_thread_is_known_by_its_alert(self):
        """No thread is the desk's room, and a stranger's is none."""
        mailed()
        Ticket.objects.update(slack_ts="1.2")
        assert [desk.thread_room(ts) for ts in ("1.2", None, "", "9.9")] == ["ticket-1", "desk", "desk", None]


class ResultTests(Sent, TestCase):
    """What became of what was sent."""

    def test_an_alert_gets_its_thread(self):
        """What was said meanwhile is told there, but for the first words, and what was said in Slack; and its state."""
        mailed()
        desk.say("ticket-1", ANN, "Unplug it.", "web")
        desk.say("ticket-1", ANN, "I did.", "slack")
        desk.take(1, "ann")
        self.sent.clear()
        desk.heard({"id": "ticket-1 alert", "ok": True, "final": True, "ts": "1.2", "error": ""})
        told = [message for channel, message in self.sent if channel == "slack.send"]
        assert [one.get("thread_ts") for one in told] == ["1.2", "1.2", None]
        assert [one["text"] for one in told[:2]] == ["ann: Unplug it.", "Desk: ann has taken it."]
        assert (told[2]["type"], told[2]["ts"]) == ("slack.update", "1.2")

    def test_what_failed_is_said_in_the_room(self):
        """With the reason; to the customer it is not sent again."""
        mailed()
        self.sent.clear()
        desk.heard({"id": "ticket-1 3", "ok": False, "final": True, "error": "No such user"})
        assert said("ticket-1")[-1] == ("desk", "Desk", f"That did not reach {ADA}: No such user")
        assert self.taken("email.send") == []

    def test_what_tells_nothing_changes_nothing(self):
        """A result that is not the last, one that went well, and one of no ticket."""
        mailed()
        before = said("ticket-1")
        for result in (
            {"id": "ticket-1 3", "ok": False, "final": False, "error": "busy"},
            {"id": "ticket-1 3", "ok": True, "final": True, "error": ""},
            {"id": "ticket-9 alert", "ok": True, "final": True, "ts": "1.2", "error": ""},
        ):
            desk.heard(result)
        assert said("ticket-1") == before
