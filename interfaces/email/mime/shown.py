"""Which parts of a message are its text, as a reader is shown it, and which are attached. Pure.

Of alternatives, the first text and the first HTML are taken. RFC 2046 (§5.1.3 mixed, §5.1.4 alternative), RFC 2183
(what is to be an attachment, or has the name of a file, is one), RFC 3676 (format=flowed).
"""

from collections.abc import Iterator

from interfaces.email.mime.fields import parameters
from interfaces.email.mime.flowed import unflowed
from interfaces.email.mime.part import Part

__all__ = ["flowing", "leaves", "name_of", "shown"]


def shown(root: Part) -> list[Part]:
    """The parts that are the text of the message, as plain text or as HTML."""
    taken: set[tuple[int, str]] = set()
    found = []
    for part in leaves(root):
        if not _is_text(part):
            continue
        choice = _alternative(part)
        kind = "text/html" if part.content_type == "text/html" else "text/plain"
        if choice is not None and (id(choice), kind) in taken:
            continue
        taken.add((id(choice), kind))
        found.append(part)
    return found


def leaves(root: Part) -> Iterator[Part]:
    """The parts that are made of no others; a message that is attached is one."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.children and not part.message:
            waiting += reversed(part.children)
        else:
            yield part


def flowing(part: Part) -> str:
    """The text of a part, paragraphs in one line where its mailer has broken them (RFC 3676)."""
    said = part.parameters
    if said.get("format", "").lower() != "flowed":
        return part.text
    return unflowed(part.text, delsp=said.get("delsp", "").lower() == "yes")


def name_of(part: Part) -> str:
    """What the sender calls it."""
    return parameters(part.headers.first(b"content-disposition")).get("filename") or part.parameters.get(
        "name", ""
    )


def _is_text(part: Part) -> bool:
    """Whether a part is shown as the text of the message."""
    if part.content_type not in ("text/plain", "text/html"):
        return part.multipart and not part.children and part.parent is None  # its delimiter is not there
    return part.disposition != "attachment" and not name_of(part)


def _alternative(part: Part) -> Part | None:
    """The innermost multipart/alternative that a part is in."""
    above = part.parent
    while above is not None and above.content_type != "multipart/alternative":
        above = above.parent
    return above
