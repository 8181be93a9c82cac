"""What is done to appointments, a transaction each; a message that comes again changes nothing."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import interfaces.django
from hotline.models import Appointment
from interfaces.django.inbox import once

Event = dict[str, Any]

CONFIRM = re.compile(r"c|confirm|yes|ok", re.IGNORECASE)
MOVE = re.compile(r"m(?:ove)?(?: to)? (\d{1,2})[:.](\d{2})", re.IGNORECASE)
HELP = "C confirms your appointment, M 15:00 moves it to another time of that day."


def remind(within: timedelta) -> int:
    """Remind of the appointments to come ``within`` that time, each once; how many."""
    now = timezone.now()
    due = Appointment.objects.filter(state=Appointment.State.PLANNED, at__gt=now, at__lte=now + within)
    return sum(_reminded(one) for one in due)


def _reminded(one: Appointment) -> bool:
    """In one transaction: it is marked, and the message is on its way, or neither."""
    with transaction.atomic():
        planned = Appointment.objects.filter(pk=one.pk, state=Appointment.State.PLANNED)
        if not planned.update(state=Appointment.State.REMINDED):
            return False  # another process has
        text = (
            f"{one.name}, you have an appointment on {one.when}. Answer C to confirm, or M 15:00 to move it."
        )
        message = {"type": "sms.send", "to_address": one.phone, "text": text, "id": f"hotline-{one.pk}"}
        interfaces.django.send(
            "sms.send", {**message, "dedupe_key": f"hotline {one.pk} {one.at.isoformat()}"}
        )
    return True


def hear(message: Event) -> str:
    """What they want, done once; what they are told."""
    one = _next(message)
    if one is None:
        return f"There is no appointment for this number. Call {settings.PHONE}."
    text = message["text"].strip(" .!")
    with once(message, consumer="hotline.hear") as first:
        problem = (_said(one, text) if first else "") or ""
    return problem or f"{one.name}: {one.when}, {one.state}."


def _said(one: Appointment, text: str) -> str:
    """Change the appointment; what is not understood, or cannot be."""
    if CONFIRM.fullmatch(text):
        one.state = Appointment.State.CONFIRMED
    elif found := MOVE.fullmatch(text):
        at = _at(one, int(found[1]), int(found[2]))
        if at is None:
            return "We are there from 8:00 to 17:30."
        if Appointment.objects.filter(at=at).exclude(pk=one.pk).exists():
            return f"{at:%H:%M} is taken. Another time?"
        one.at, one.state = at, Appointment.State.CONFIRMED
    else:
        return HELP
    one.save()
    return ""


def _at(one: Appointment, hour: int, minute: int) -> datetime | None:
    """That time of its day; None when nobody is there."""
    if minute > 59 or not (8, 0) <= (hour, minute) <= (17, 30):
        return None
    at = timezone.localtime(one.at).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return at if at > timezone.now() else None


def _next(message: Event) -> Appointment | None:
    """The next appointment of who has sent it."""
    return Appointment.objects.filter(phone=message["from_address"], at__gt=timezone.now()).first()


def call(message: Event) -> None:
    """Have somebody call them about what is to come."""
    Appointment.objects.filter(phone=message["from_address"], at__gt=timezone.now()).update(
        state=Appointment.State.CALL
    )


def lost(message: Event) -> None:
    """The reminder has not arrived: have somebody call, unless they have answered all the same."""
    prefix, _, number = message["id"].rpartition("-")
    if prefix == "hotline" and number.isdigit():
        reminded = Appointment.objects.filter(pk=number, state=Appointment.State.REMINDED)
        reminded.update(state=Appointment.State.CALL)
