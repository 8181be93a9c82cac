"""One page."""

from django.shortcuts import render
from django.urls import path

urlpatterns = [
    path("<slug:room>/", lambda request, room: render(request, "chat/room.html", {"room": room}), name="room")
]
