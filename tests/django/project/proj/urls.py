"""Views that tell what they see of the database and the user."""

import asyncio

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.apps import apps
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import include, path


def users(request):
    """How many users there are; a POST makes one."""
    if request.method == "POST":
        User.objects.create_user(request.body.decode())
    return HttpResponse(f"{User.objects.count()} users, you are {request.user.username or 'nobody'}")


async def server(request):
    """Which kind of server called: an async view knows a loop."""
    return HttpResponse(type(request).__name__ + (" in a loop" if asyncio.get_running_loop() else ""))


def notify(request):
    """Send to a group, as a WSGI view does."""
    async_to_sync(get_channel_layer().group_send)("all", {"type": "note", "n": 1})
    return HttpResponse("sent")


urlpatterns = [
    path("users/", users),
    path("server/", server),
    path("notify/", notify),
    path("link/", include("interfaces.django.linking.urls")),
]
if apps.is_installed("django.contrib.admin"):
    from django.contrib import admin

    urlpatterns.append(path("admin/", admin.site.urls))
