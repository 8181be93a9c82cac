"""The Django side: put ``interfaces.django`` into INSTALLED_APPS, before ``django.contrib.staticfiles``.

It brings ``runserver`` on our own server, ``runworker`` with our worker, ``manage.py interfaces``, routers that say
"not found", identities for every protocol, sends that wait for the transaction, an inbox and an outbox, and a live
server for tests.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["send"]


def send(channel: str, message: Mapping[str, Any], immediately: bool = False) -> None:
    """Send ``message`` to ``channel`` when the transaction commits; see :func:`interfaces.django.commit.send`."""
    from interfaces.django import commit  # noqa: PLC0415 - Django reads this file before it has its settings

    commit.send(channel, message, immediately)
