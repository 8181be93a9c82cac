"""The page, and the list of rooms that it asks for now and then."""

from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import async_only_middleware

from interfaces.demo import store
from interfaces.demo.ways import LOBBY, filed
from interfaces.demo.words import NAME_MAX, TEXT_MAX

__all__ = ["content_security_policy", "lobby", "room", "rooms"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def lobby(request: HttpRequest) -> HttpResponse:
    """``/``: lead to the room that everybody knows."""
    return redirect("room", slug=LOBBY)


async def room(request: HttpRequest, slug: str) -> HttpResponse:
    """``/r/<room>/``: the page; all that changes comes over the WebSocket."""
    filed(getattr(request, "scope", {}), slug)
    return render(request, "demo/room.html", {"slug": slug, "name_max": NAME_MAX, "text_max": TEXT_MAX})


async def rooms(request: HttpRequest) -> HttpResponse:
    """``/rooms/``: the rooms as JSON, the liveliest first."""
    return JsonResponse({"rooms": await sync_to_async(store.rooms)()}, headers={"Cache-Control": "no-store"})


View = Callable[[HttpRequest], Awaitable[HttpResponse]]


@async_only_middleware
def content_security_policy(get_response: View) -> View:
    """Middleware: the page loads nothing from elsewhere, runs no inline code and sits in no frame."""

    async def middleware(request: HttpRequest) -> HttpResponse:
        response = await get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return middleware
