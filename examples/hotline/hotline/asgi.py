"""What is served: a page for programs, and the number."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # before anything imports models

from hotline.consumers import Hotline  # noqa: E402
from interfaces.django.routing import ProtocolTypeRouter  # noqa: E402

application = ProtocolTypeRouter({"http": http, "sms": Hotline.as_asgi()})
