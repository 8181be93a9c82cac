"""001 to 005, and the message of the day."""

from typing import Any

__all__ = ["welcome"]


def welcome(client: Any, event: Any) -> None:
    """A client is taken."""
    client.welcomed()
    client.user.client = client
    client.numeric("001", f"Welcome to {client.gateway.options.network}, {client.user.nick}")
