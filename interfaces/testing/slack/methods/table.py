"""All methods that the fake knows, by name."""

from interfaces.testing.slack.calls import Method
from interfaces.testing.slack.methods import (
    assistant,
    auth,
    chat,
    conversations,
    files,
    oauth,
    reactions,
    streams,
    users,
    views,
)

__all__ = ["METHODS"]

FAMILIES = (assistant, auth, chat, conversations, files, oauth, reactions, streams, users, views)

METHODS: dict[str, Method] = {name: method for family in FAMILIES for name, method in family.METHODS.items()}
"""A name that is not here is answered with unknown_method."""
