"""The content of a message, read when it is asked for, in linear time and within limits. Pure.

``parse(content)`` takes it apart; ``report`` reads what servers say of messages that were sent.
"""

from interfaces.email.mime.limits import LIMITS, Limits, MimeError
from interfaces.email.mime.part import Part
from interfaces.email.mime.tree import parse

__all__ = ["LIMITS", "Limits", "MimeError", "Part", "parse"]
