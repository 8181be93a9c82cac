"""The chat's database. Run by test_suite.py with Django's own runner."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import TestCase
from django.utils import timezone

from interfaces.demo import store
from interfaces.demo.models import Member, Message, Room
from interfaces.demo.words import Refused

ADA = {"who": "aaaaaaaaaaaa", "name": "Ada"}
BOB = {"who": "bbbbbbbbbbbb", "name": "Bob"}


class StoreTests(TestCase):
    """Rooms, messages and members."""

    def test_numbers_have_no_gaps(self):
        """Messages of a room are numbered from 1, whatever is said in other rooms."""
        for slug in ("one", "two"):
            store.enter(slug, slug, **ADA)
        numbers = [
            store.say(slug, f"key-{i:05}", ADA, "x")[0]["number"]
            for i, slug in enumerate(["one", "two", "one"])
        ]
        assert numbers == [1, 1, 2]

    def test_a_message_said_twice_is_kept_once(self):
        """The same key of one visitor gives the first message again; another visitor's is another."""
        store.enter("one", "a", **ADA)
        first, new = store.say("one", "key-00001", ADA, "hello")
        assert new
        assert store.say("one", "key-00001", ADA, "hello again") == (first, False)
        assert store.say("one", "key-00001", BOB, "mine")[0]["number"] == 2

    def test_history_pages_both_ways(self):
        """Without a number the latest 50 come, then those before, then those after; always in order."""
        store.enter("one", "a", **ADA)
        for i in range(120):
            store.say("one", f"key-{i:05}", ADA, str(i))

        def numbers(**bounds):
            return [message["number"] for message in store.history("one", **bounds)]

        assert numbers() == [*range(71, 121)]
        assert numbers(before=71) == [*range(21, 71)]
        assert numbers(before=21) == [*range(1, 21)]
        assert numbers(after=60) == [*range(61, 111)]
        assert numbers(after=120) == []

    def test_old_messages_go(self):
        """A room keeps so many messages, and the numbers go on."""
        store.enter("one", "a", **ADA)
        with patch.object(store, "KEPT", 50):
            for i in range(200):
                store.say("one", f"key-{i:05}", ADA, "x")
        assert Message.objects.count() == 50
        assert store.history("one")[-1]["number"] == 200

    def test_members_come_and_go(self):
        """A change gives the list a new revision, staying none; two sockets of one are one person."""
        first = store.enter("one", "a", **ADA)
        both = store.enter("one", "b", **BOB)
        again = store.enter("one", "b", **BOB)
        tab = store.enter("one", "a2", **ADA)
        left = store.leave("one", "b")
        assert [p["people"] for p in (first, both, tab, left)] == [[ADA], [ADA, BOB], [ADA, BOB], [ADA]]
        assert [p["revision"] for p in (first, both, again, tab, left)] == [1, 2, 2, 3, 4]

    def test_who_is_silent_for_long_is_gone(self):
        """A row that a dead process left behind lapses when anyone else is heard of."""
        store.enter("one", "a", **ADA)
        Member.objects.update(seen=timezone.now() - store.LAPSE - timedelta(seconds=1))
        assert store.enter("one", "b", **BOB)["people"] == [BOB]

    def test_rooms_are_bounded(self):
        """No further room is made, and those that are there can still be entered."""
        with patch.object(store, "ROOMS_MAX", 1):
            store.enter("one", "a", **ADA)
            store.enter("one", "b", **BOB)
            with pytest.raises(Refused) as caught:
                store.enter("two", "c", **ADA)
        assert (caught.value.code, Room.objects.count()) == ("full", 1)

    def test_the_liveliest_rooms_come_first(self):
        """Rooms are listed by people, then by messages."""
        store.enter("quiet", "a", **ADA)
        store.leave("quiet", "a")
        store.enter("full", "b", **ADA)
        store.enter("full", "c", **BOB)
        assert store.rooms() == [
            {"slug": "full", "people": 2, "subject": None},
            {"slug": "quiet", "people": 0, "subject": None},
        ]
