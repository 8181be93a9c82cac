"""What is served: two addresses for programs, and the bot."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsbot.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # before anything imports models

from interfaces.django.routing import ProtocolTypeRouter  # noqa: E402
from interfaces.slack.router import SlackRouter, action, command, event, mention, message, view  # noqa: E402
from opsbot.consumers import Ask, Decide, Home, Status, Talk  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "slack": SlackRouter(
            [
                command("/deploy", Ask.as_asgi()),
                view("deploy", Ask.as_asgi()),
                action(r"(?P<word>approve|reject)-(?P<number>\d+)", Decide.as_asgi()),
                event("reaction_added", Decide.as_asgi()),
                event("app_home_opened", Home.as_asgi()),
                mention(r"^status\b", Status.as_asgi()),
                message("", Talk.as_asgi()),
            ]
        ),
    }
)
