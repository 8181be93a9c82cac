"""XML that is answered to a webhook, in the words of Twilio (TwiML) and Plivo. Pure."""

import re
from xml.sax.saxutils import escape  # nosec B406 - it writes, and parses nothing

from interfaces.shared.webhook import Answer

__all__ = ["answer", "escaped"]

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """``text`` as the content of an element, without what XML 1.0 cannot say, however it is written."""
    return escape(_FORBIDDEN.sub("", text), {"\r": "&#13;"})


def answer(*elements: str) -> Answer:
    """The answer whose root has ``elements``."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{"".join(elements)}</Response>'
    return Answer(200, content=(b"application/xml", body.encode()))
