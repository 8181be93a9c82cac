"""The chat's database: each function is one transaction, sync, and returns what goes out as JSON."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from interfaces.demo.models import Member, Message, Room, Ticket
from interfaces.demo.words import Refused

__all__ = ["STAYS", "enter", "history", "leave", "opened", "rooms", "say"]

PAGE = 50
ROOMS_MAX = 500
KEPT = 5000
"""Messages kept of a room; the oldest go."""
LAPSE = timedelta(seconds=150)
"""A member not heard of for so long is gone: browsers wake a hidden page once a minute at least."""
STAYS = timedelta(days=365)
"""For members who say when they go, and nothing in between."""

Json = dict[str, Any]


def opened(slug: str) -> Room:
    """The room, which is made if it is not there. Refused: too many rooms."""
    room: Room | None = Room.objects.filter(slug=slug).first()
    if room is None:
        if Room.objects.count() >= ROOMS_MAX:
            raise Refused("full", "There are too many rooms already; join one of them.")
        room = Room.objects.create(slug=slug)
    return room


@transaction.atomic
def enter(slug: str, channel: str, who: str, name: str, stays: timedelta = timedelta(0)) -> Json:
    """Note that ``channel`` is in the room under this name; gives the members. Refused: too many rooms."""
    room, seen = opened(slug), timezone.now() + stays
    known = Member.objects.filter(channel=channel, room=room, who=who, name=name)
    if not known.update(seen=seen):
        Member.objects.update_or_create(
            channel=channel, defaults={"room": room, "who": who, "name": name, "seen": seen}
        )
        _changed(room)
    return _people(room)


@transaction.atomic
def leave(slug: str, channel: str) -> Json:
    """Note that ``channel`` is gone; gives the members that stay."""
    room = Room.objects.get(slug=slug)
    if Member.objects.filter(channel=channel).delete()[0]:
        _changed(room)
    return _people(room)


def _people(room: Room) -> Json:
    """Say who is in the room, and the number of its latest message; members that lapsed go."""
    if Member.objects.filter(room=room, seen__lt=timezone.now() - LAPSE).delete()[0]:
        _changed(room)
    found = Member.objects.filter(room=room).values("who", "name").distinct().order_by("name", "who")
    return {"revision": room.revision, "last": room.last, "people": list(found)}


def _changed(room: Room) -> None:
    """Give the list of members its next revision."""
    Room.objects.filter(pk=room.pk).update(revision=F("revision") + 1)
    room.refresh_from_db(fields=["revision"])


@transaction.atomic
def say(slug: str, key: str, author: Json, text: str, side: str = "web") -> tuple[Json, bool]:
    """Keep a message of ``author`` (who, name): as it is kept, and whether it was not yet known under its ``key``."""
    room = Room.objects.select_for_update().get(slug=slug)
    found = Message.objects.filter(room=room, who=author["who"], key=key).first()
    if found is not None:
        return _plain(found), False
    room.last += 1
    room.save(update_fields=["last"])
    made = Message.objects.create(room=room, number=room.last, key=key, text=text, side=side, **author)
    if room.last % 100 == 0:
        Message.objects.filter(room=room, number__lte=room.last - KEPT).delete()
    return _plain(made), True


def history(slug: str, *, after: int | None = None, before: int | None = None) -> list[Json]:
    """Up to 50 messages in order: the first after a number, or the last before one, or the last of all."""
    found = Message.objects.filter(room__slug=slug)
    if after is not None:
        return [_plain(message) for message in found.filter(number__gt=after).order_by("number")[:PAGE]]
    if before is not None:
        found = found.filter(number__lt=before)
    return [_plain(message) for message in found.order_by("-number")[:PAGE]][::-1]


def rooms(limit: int = 30) -> list[Json]:
    """List the rooms but closed tickets: those with the most people first, then those with the most messages."""
    found = Room.objects.annotate(people=Count("member__who", distinct=True), subject=F("ticket__subject"))
    open_ones = found.exclude(ticket__state=Ticket.CLOSED)
    return list(open_ones.values("slug", "people", "subject").order_by("-people", "-last", "slug")[:limit])


def _plain(message: Message) -> Json:
    """Say a message in JSON's types; ``at`` in milliseconds of Unix time."""
    return {
        "number": message.number,
        "key": message.key,
        "who": message.who,
        "name": message.name,
        "side": message.side,
        "text": message.text,
        "at": int(message.at.timestamp() * 1000),
    }
