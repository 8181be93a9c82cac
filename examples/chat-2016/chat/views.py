"""The page of a room; an ordinary view."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chat.models import Room

SHOWN = 50


def room(request: HttpRequest, label: str) -> HttpResponse:
    """Show the last lines, and open the socket."""
    found, _ = Room.objects.get_or_create(label=label)
    last = [*found.messages.order_by("-id")[:SHOWN]][::-1]
    return render(request, "chat/room.html", {"room": found, "lines": [line.as_dict() for line in last]})
