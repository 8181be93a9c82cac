"""What is done to deployments, a transaction each; a message that comes again changes nothing."""

from typing import Any

from interfaces.django.inbox import once
from opsbot.models import Deployment

Event = dict[str, Any]


def ask(service: str, environment: str, reason: str, user: str, channel: str) -> Deployment:
    """A new one."""
    return Deployment.objects.create(
        service=service, environment=environment, reason=reason, requested_by=user, channel=channel
    )


def decide(found: Deployment, user: str, *, approve: bool) -> bool:
    """Whether it is decided by ``user``, this way: now, or before; of two people the first decides."""
    state = Deployment.State.VERSION if approve else Deployment.State.REJECTED
    waiting = Deployment.objects.filter(pk=found.pk, state=Deployment.State.WAITING)
    waiting.update(state=state, decided_by=user)
    found.refresh_from_db()
    return found.decided_by == user and (found.state == Deployment.State.REJECTED) is not approve


def hear(message: Event, found: Deployment) -> str | None:
    """Take an answer in its thread, once: what was not understood, or "". None: it was said beside the point."""
    with once(message, consumer="opsbot.hear") as first:
        found.refresh_from_db()
        before = found.state
        problem = found.hear(message["text"]) if first else ""
        found.save()
    return None if first and not problem and found.state == before else problem
