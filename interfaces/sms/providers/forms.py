"""What providers post as a form (WHATWG URL §5.1). Pure.

Blank fields count, since signatures cover them; so do fields that are there twice, of which the first is read.
"""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from interfaces.shared.webhook import Request, refusal

__all__ = ["FIELDS", "FORM", "JSON", "LARGEST", "first", "is_json", "pairs"]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
FIELDS = 500
"""Fields of a form."""
LARGEST = 131_072
"""Bytes of a form, which is taken apart before it is known whose it is; ten times what providers post."""


def is_json(request: Request) -> bool:
    """Whether its body is JSON."""
    return request.header(b"content-type").lower().lstrip().startswith(JSON)


def pairs(form: bytes) -> list[tuple[str, str]]:
    """The fields of a form, or of a query, in their order. PeerError for too many, or too large ones."""
    if len(form) > LARGEST:
        raise refusal(413, f"A form of more than {LARGEST} bytes")
    said = form.decode("utf-8", "replace")
    try:
        return parse_qsl(said, keep_blank_values=True, errors="replace", max_num_fields=FIELDS)
    except ValueError:
        raise refusal(400, f"More than {FIELDS} fields") from None


def first(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The fields by their names; the first where there are several."""
    found: dict[str, str] = {}
    for name, value in fields:
        found.setdefault(name, value)
    return found
