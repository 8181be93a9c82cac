"""The demo's ASGI application: what arrives by which protocol goes to which consumer.

Importing it brings the database up to date. It wants one process, as its empty list of members at the start does.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interfaces.demo.settings")
django.setup()

from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402 - as all below, after setup()
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import re_path  # noqa: E402

from interfaces.demo.agents import Bot, Lounge  # noqa: E402
from interfaces.demo.consumers import Chat  # noqa: E402
from interfaces.demo.customers import Mailbox, Phones  # noqa: E402
from interfaces.demo.database import prepare  # noqa: E402
from interfaces.demo.results import lifespan  # noqa: E402
from interfaces.demo.ways import conversation_of  # noqa: E402
from interfaces.demo.words import SLUG  # noqa: E402
from interfaces.django.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from interfaces.email.router import EmailRouter, tagged  # noqa: E402

__all__ = ["application"]

# In a thread, since servers import applications inside a running loop, where Django refuses to migrate.
with ThreadPoolExecutor(1) as pool:
    pool.submit(prepare).result()

sockets = URLRouter(
    [re_path(rf"^ws/(?P<slug>{SLUG})/$", Chat.as_asgi()), re_path("", WebsocketDenier.as_asgi())]
)
application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(get_asgi_application()),
        "websocket": AllowedHostsOriginValidator(sockets),
        "email": EmailRouter([tagged(settings.DESK_ADDRESS, Mailbox.as_asgi())]),
        "sms": Phones.as_asgi(),
        "slack": Bot.as_asgi(),
        "irc": Lounge.as_asgi(),
        "lifespan": lifespan,
    }
)
setattr(application, "conversation_of", conversation_of)  # noqa: B010 - where the console looks for it
