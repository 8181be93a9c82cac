"""Slack and IRC: what the desk's own people do there. Run by test_suite.py with Django's own runner."""

from unittest.mock import patch

from asgiref.sync import sync_to_async
from django.test import TransactionTestCase

from interfaces.demo import desk, store
from interfaces.demo.agents import Bot, Lounge
from interfaces.demo.models import Member, Ticket
from interfaces.testing.irc_communicator import IrcCommunicator
from interfaces.testing.slack_communicator import SlackCommunicator
from tests.demo.suite.kit import ANN, Sent, mailed


async def opened():
    """A ticket whose alert Slack knows."""
    await sync_to_async(mailed)()
    await Ticket.objects.aupdate(slack_ts="1.2")


async def said(slug):
    """Who has said what in a room, on which side."""
    return [(one["side"], one["name"], one["text"]) for one in await sync_to_async(store.history)(slug)]


class BotTests(Sent, TransactionTestCase):
    """What people do in Slack."""

    def setUp(self):
        """One of them is called ann."""
        super().setUp()
        self.slack = self.person()

    def person(self):
        """Ann."""
        slack = SlackCommunicator(Bot.as_asgi())
        slack.results["users.info"] = {"response": {"user": {"name": "ann"}}}
        return slack

    async def test_a_thread_is_a_room(self):
        """What is written there is said in the ticket, as words; the console is told."""
        await opened()
        heard = await self.slack.message("See <https://a.example|this> &amp; wait", thread_ts="1.2")
        assert (await said("ticket-1"))[-1] == ("slack", "ann", "See this & wait")
        assert heard.scope["state"]["conversation"] == "ticket-1"

    async def test_the_channel_is_the_room_of_the_desk(self):
        """Without a thread; it is made if it is not there."""
        await self.slack.message("Good morning")
        assert await said("desk") == [("slack", "ann", "Good morning")]

    async def test_other_places_are_not_ours(self):
        """Another channel, a thread of something else, and nothing at all."""
        await opened()
        before = await said("desk"), await said("ticket-1")
        await self.slack.message("hello", channel="C2")
        await self.slack.message("hello", thread_ts="9.9")
        await self.slack.message("  ")
        assert (await said("desk"), await said("ticket-1")) == before

    async def test_a_message_that_comes_again_is_one(self):
        """By Slack's own id of the event."""
        for _ in range(2):
            await self.person().message("hello")
        assert len(await said("desk")) == 1

    async def test_buttons_take_and_close(self):
        """Under the name of who has pressed them."""
        await opened()
        for action, state in (("take", "taken"), ("close", "closed")):
            heard = await self.slack.action(action, "1")
            ticket = await Ticket.objects.aget()
            assert (ticket.state, ticket.agent, heard.verdict) == (state, "ann", "accept")
            assert heard.scope["state"]["conversation"] == "ticket-1"

    async def test_who_has_no_name_goes_by_their_id(self):
        """Where Slack does not tell it."""
        self.slack.results["users.info"] = {"ok": False, "error": "user_not_found"}
        await self.slack.message("hello")
        assert await said("desk") == [("slack", "U1", "hello")]


class LoungeTests(Sent, TransactionTestCase):
    """What people do on IRC."""

    def person(self, nick="dan"):
        """Somebody's IRC client."""
        return IrcCommunicator(Lounge.as_asgi(), mode="gateway", nick=nick, network="desk")

    async def test_who_joins_reads_what_was_said_and_is_there(self):
        """The latest messages, in the names and at the times of their writers; browsers see who has come, and gone."""
        await opened()
        await sync_to_async(desk.say)("ticket-1", ANN, "Unplug it.", "web")
        async with self.person() as irc:
            await irc.connect()
            lines = (await irc.join("#ticket-1")).of("irc.deliver")
            assert [(one["source"], one["text"]) for one in lines] == [
                ("Ada!email@desk", "It is on fire."), ("ann!web@desk", "Unplug it."),
            ]  # fmt: skip
            people = self.told[-1]
            assert (people[:2], people[2]["people"][0]["name"]) == (("ticket-1", "people"), "dan")
            await irc.part("#ticket-1")
            assert self.told[-1][2]["people"] == []

    async def test_what_is_said_is_said_in_the_room(self):
        """By IRC's nick, and passed on to the other clients by the gateway, not by us."""
        await opened()
        async with self.person() as irc:
            await irc.connect()
            await irc.join("#Ticket-1")
            self.sent.clear()
            heard = await irc.say("Did you unplug it?", "#Ticket-1")
            assert [one["relay"] for one in heard.of("irc.deliver")] == [True]
            assert (await said("ticket-1"))[-1] == ("irc", "dan", "Did you unplug it?")
            assert [message["type"] for _, message in self.sent] == ["slack.send", "email.send"]
            assert irc.scope["state"]["conversation"] == "ticket-1"
            await irc.given(heard.event)  # it comes again
            await irc.say("Did you unplug it?", "#ticket-1")  # and is said again
            assert [one[2] for one in await said("ticket-1")].count("Did you unplug it?") == 2

    async def test_what_is_no_room_is_not_kept(self):
        """A channel that no room can be called after, one that was not joined, and what is private."""
        async with self.person() as irc:
            await irc.connect()
            await irc.join("#Über")
            for target in ("#Über", "#elsewhere", "eve"):
                await irc.say("hello", target)
            assert (self.sent, await Member.objects.acount()) == ([], 0)

    async def test_a_full_desk_says_so(self):
        """By a notice; what is said there is not kept."""
        with patch.object(store, "ROOMS_MAX", 0):
            async with self.person() as irc:
                await irc.connect()
                assert "too many rooms" in (await irc.join("#tea")).texts[0]
                await irc.say("hello", "#tea")
                await irc.part("#tea")
        assert await said("tea") == []

    async def test_a_new_nick_is_seen(self):
        """In all rooms that one is in; and the end of the connection leaves them."""
        async with self.person() as irc:
            await irc.connect()
            await irc.join("#desk")
            await irc.event("nick", "dan", new_nick="dee", is_self=True)
            assert [one.name async for one in Member.objects.all()] == ["dee"]
            await irc.disconnect()
        assert await Member.objects.acount() == 0

    async def test_commands(self):
        """Tickets are listed, taken and closed: by number, or that of the channel."""
        await opened()
        async with self.person() as irc:
            await irc.connect()
            await irc.join("#desk")
            await irc.join("#ticket-1")
            listed = await irc.say("!tickets", "#desk")
            assert "#ticket-1 Printer (ada@customer.example, open)" in listed.texts
            assert "done" in (await irc.say("!take 1", "#desk")).texts
            assert (await Ticket.objects.aget()).agent == "dan"
            assert "there is nothing to be done" in (await irc.say("!take 7", "#desk")).texts
            assert "there is nothing to be done" in (await irc.say("!close x", "#desk")).texts
            assert (await irc.say("!close", "#ticket-1")).texts == ["!close"]
            assert (await Ticket.objects.aget()).state == "closed"
            assert "none" in (await irc.say("!tickets", "#desk")).texts
        assert ("irc", "dan", "!tickets") not in await said("desk")
