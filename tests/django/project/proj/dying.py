"""An application of mail whose process is killed on the way, where PROJ_KILL says."""

import os
import signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from django.contrib.auth.models import User

from interfaces.django.inbox import once
from interfaces.django.mail_log import log_mail
from interfaces.email.consumer import EmailConsumer


@once
def effect(message):
    """One user a message."""
    User.objects.create(username=message["digest"][:20])


class Inbox(EmailConsumer):
    """Has its effect, unless its process is killed before."""

    def email_receive(self, message):
        """In a thread."""
        for at in ("before", "after"):
            if os.environ.get("PROJ_KILL") == at:
                os.kill(os.getpid(), signal.SIGKILL)
            effect(message)
        if os.environ.get("PROJ_REPLY"):
            self.send_mail(
                to="ada@example.org", from_address="bob@example.net", subject="got it", text="thanks"
            )


application = log_mail(Inbox.as_asgi())
