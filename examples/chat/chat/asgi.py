"""What is served: the page, its WebSocket, and IRC."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from django.urls import path  # noqa: E402 - after the applications are loaded

from chat.consumers import Browser, Lounge  # noqa: E402
from interfaces.django.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter([path("ws/<slug:room>/", Browser.as_asgi())]),
        "irc": Lounge.as_asgi(),
    }
)
