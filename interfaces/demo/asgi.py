"""The demo's ASGI application. Importing it brings the database up to date.

It wants one process, as its channel layer and its empty list of members at the start do.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interfaces.demo.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - after setup()
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import re_path  # noqa: E402

from interfaces.demo.consumers import Chat  # noqa: E402
from interfaces.demo.database import prepare  # noqa: E402
from interfaces.demo.words import SLUG  # noqa: E402

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
    }
)
