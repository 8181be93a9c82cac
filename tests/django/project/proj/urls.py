"""Views that tell what they see of the database and the user."""

import asyncio

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import path


def users(request):
    """How many users there are; a POST makes one."""
    if request.method == "POST":
        User.objects.create_user(request.body.decode())
    return HttpResponse(f"{User.objects.count()} users, you are {request.user.username or 'nobody'}")


async def server(request):
    """Which kind of server called: an async view knows a loop."""
    return HttpResponse(type(request).__name__ + (" in a loop" if asyncio.get_running_loop() else ""))


urlpatterns = [path("users/", users), path("server/", server)]
