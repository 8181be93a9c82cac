"""The content of a message, read when it is asked for, in linear time and within limits. Pure.

``parse(content)`` takes it apart, ``Parsed.of(content)`` is the view for applications; ``report`` reads what servers
say of messages that were sent.
"""

from interfaces.email.mime.addresses import Address
from interfaces.email.mime.limits import LIMITS, Limits, MimeError
from interfaces.email.mime.part import Part
from interfaces.email.mime.tree import parse
from interfaces.email.mime.view import Attachment, Parsed

__all__ = ["LIMITS", "Address", "Attachment", "Limits", "MimeError", "Parsed", "Part", "parse"]
