"""The demo's addresses over HTTP; those over WebSocket are in :mod:`interfaces.demo.asgi`."""

from django.urls import re_path

from interfaces.demo import views
from interfaces.demo.words import SLUG

__all__ = ["urlpatterns"]

urlpatterns = [
    re_path(r"^$", views.lobby, name="lobby"),
    re_path(rf"^r/(?P<slug>{SLUG})/$", views.room, name="room"),
    re_path(r"^rooms/$", views.rooms, name="rooms"),
]
