"""The project's tasks, which need Django 6."""

import asyncio
import os
import sys
import time
from pathlib import Path

from django.contrib.auth.models import User
from django.tasks import task

from proj.asgi import note


@task
def write(n):
    """Tell a test, after a question to the database."""
    User.objects.exists()
    note(n)
    return n


@task
async def write_async(n):
    """The same in the event loop."""
    await asyncio.sleep(0)
    note(f"async {n}")


@task(queue_name="mail", takes_context=True)
def tell(context, what):
    """Which attempt it is, in a queue of its own."""
    note(f"{what} {context.attempt}")


@task(takes_context=True)
def hang_once(context):
    """The first attempt never ends."""
    note(f"attempt {context.attempt}")
    while context.attempt == 1 and Path(os.environ["PROJ_NOTES"]).exists():
        time.sleep(0.01)


@task
def fail():
    """Raise."""
    raise ZeroDivisionError("as it has to")


@task
def leave():
    """End the process, as it thinks."""
    sys.exit(3)


@task
def odd():
    """Give what is no JSON."""
    return object()


def plain():
    """No task."""
