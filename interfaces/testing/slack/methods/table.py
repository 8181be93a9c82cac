"""All methods that the fake knows, by name."""

from interfaces.testing.slack.calls import Method
from interfaces.testing.slack.methods import auth, chat

__all__ = ["METHODS"]

METHODS: dict[str, Method] = {
    name: method for family in (auth, chat) for name, method in family.METHODS.items()
}
"""A name that is not here is answered with unknown_method."""
