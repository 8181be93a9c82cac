"""What is served: pages for agents, and the mailbox of the customers."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # before anything imports models

from channels.routing import ChannelNameRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

from helpdesk.consumers import Support  # noqa: E402
from interfaces.django.mail_log import log_mail  # noqa: E402
from interfaces.django.routing import ProtocolTypeRouter  # noqa: E402
from interfaces.django.sent_mail import RESULTS, MailResults  # noqa: E402
from interfaces.email.router import EmailRouter, tagged  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(http) if settings.DEBUG else http,
        "email": log_mail(EmailRouter([tagged(settings.SUPPORT_ADDRESS, Support.as_asgi())])),
        "channel": ChannelNameRouter({RESULTS: MailResults.as_asgi()}),
    }
)
