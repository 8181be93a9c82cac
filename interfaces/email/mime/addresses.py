"""The addresses in From, To, Cc and Reply-To, in linear time. Pure.

RFC 5322 §3.4 and §4.4 (mailboxes, groups, obsolete routes), RFC 6532 (UTF-8), RFC 2047 (names). Read leniently: what is
no address is a name without one, and never an address with blanks, controls, brackets or commas in it.
"""

import re
from dataclasses import dataclass

from interfaces.email.mime.charsets import text_of
from interfaces.email.mime.fields import LONGEST
from interfaces.email.mime.limits import LIMITS, Limits, MimeError
from interfaces.email.mime.words import decoded, one_line

__all__ = ["Address", "addresses"]

_TOKEN = re.compile(
    r"(?P<quoted>\"(?:[^\"\\]++|\\.)*+\"?)|(?P<special>[(<>,;:])|\s++"
    r"|(?P<words>(?:\[[^\[\]\\\s\"(),;<>]*+\]|[^\s\"(<>,;:\[]|\[)++(?:\s++(?:\[[^\[\]\\\s\"(),;<>]*+\]|[^\s\"(<>,;:\[]|\[)++)*+)",
    re.DOTALL,
)
_INSIDE = re.compile(r"[()]|\\.", re.DOTALL)
_ATOMS = r"[^\x00-\x20\x7f-\xa0\u2028\u2029\ufffd\"(),:;<>@\[\]\\]{1,998}+"
_ADDRESS = re.compile(
    rf"(?P<local>{_ATOMS}|\"(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029\"\\]|\\[ -~]){{0,998}}+\")"
    rf"(?:@(?P<domain>{_ATOMS}|\[[!-Z^-~]{{1,255}}\]))?"
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
TOKENS = 10
"""Words, commas, brackets, comments for each address that a field may have."""


@dataclass(frozen=True, slots=True)
class Address:
    """``name`` is what is shown, decoded, in one line; ``address`` is "" where none can be read."""

    name: str
    address: str
    group: str | None = None
    """The name of the group that it stands in."""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address

    @property
    def local(self) -> str:
        """What stands before the last "@"."""
        return self.address.rpartition("@")[0] if self.domain else self.address

    @property
    def domain(self) -> str:
        """What stands behind it, in lower case; "" without one."""
        _, at, domain = self.address.rpartition("@")
        return domain.lower() if at and not domain.endswith('"') else ""


def addresses(value: bytes, limits: Limits = LIMITS) -> list[Address]:
    """The addresses in a field's value, those of groups among them; MimeError for too many."""
    if len(value) > LONGEST:
        raise MimeError(f"a field with addresses of more than {LONGEST} bytes")
    return _Reader(text_of(value), limits.addresses).read()


class _Reader:
    """Goes through the tokens of a field. ``pieces``: what was said, how it reads, and whether it touches the last."""

    def __init__(self, text: str, most: int) -> None:
        self.text = text
        self.most = most
        self.left = TOKENS * most
        self.found: list[Address] = []
        self.group: str | None = None
        self._clear()

    def _clear(self) -> None:
        self.pieces: list[tuple[str, str, bool]] = []
        self.comment = ""
        self.angle: str | None = None
        self.closed = False

    def read(self) -> list[Address]:
        """All addresses."""
        text, at, size, touching = self.text, 0, len(self.text), False
        while at < size:
            self._count()
            token = _TOKEN.match(text, at)
            if token is None:
                break
            at, said, kind = token.end(), token[0], token.lastgroup
            if said == "(":
                at = self._comment(at)
            elif kind == "special":
                self._special(said)
                touching = False
            elif kind is None:
                touching = False
            else:
                self._piece(said, touching)
                touching = True
        self._end()
        return self.found

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise MimeError(f"a field with addresses of more than {TOKENS * self.most} words")

    def _piece(self, said: str, touching: bool) -> None:
        if self.angle is not None:
            if not self.closed:
                self.angle += said if touching else f" {said}"
            return
        plain = said
        if said[0] == '"':
            plain = said[1:-1] if len(said) > 1 and said[-1] == '"' else said[1:]
            plain = _ESCAPED.sub(r"\1", plain) if "\\" in plain else plain
        self.pieces.append((said, plain, touching))

    def _special(self, said: str) -> None:
        if self.angle is not None and not self.closed and self._within(said, self.angle):
            return
        if said == "<" and self.angle is None:
            self.angle = ""
        elif said == ":" and self.angle is None and self.group is None:
            self.group = self._name()
            self._clear()
        elif said in ",;":
            self._end()
            self.group = None if said == ";" else self.group
        elif said != ">":
            self.pieces.append((said, said, True))

    def _within(self, said: str, angle: str) -> bool:
        """Whether ``said`` belongs to what stands in angle brackets; a comma ends them, but in a source route."""
        route = angle.lstrip().startswith("@")
        if said == ">":
            self.closed = True
        elif route and said in ",:":
            self.angle = "" if said == ":" else angle
        elif said in ",;":
            return False
        else:
            self.angle = angle + said  # no address any more
        return True

    def _comment(self, at: int) -> int:
        """Where a comment ends, in which others may be; without a ")" it goes to the end."""
        depth, end = 1, len(self.text)
        for found in _INSIDE.finditer(self.text, at):
            self._count()
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if not depth:
                end = found.start()
                break
        self.comment = self.comment or self.text[at:end]
        return end + 1

    def _name(self) -> str:
        said = "".join(f"{'' if touching else ' '}{plain}" for _, plain, touching in self.pieces)
        return decoded(" ".join(said.split()).encode())

    def _end(self) -> None:
        """A mailbox is complete, unless nothing was said."""
        if not self.pieces and self.angle is None:
            self._clear()
            return
        if len(self.found) >= self.most:
            raise MimeError(f"more than {self.most} addresses in a field")
        name, address = self._name(), ""
        if self.angle is not None:
            said = _tight(self.angle)
            address = said if _ADDRESS.fullmatch(said) else ""
            if said and not address:
                name = f"{name} <{one_line(said)}>".strip()
        else:
            address, name = self._bare(name)
        name = name or decoded(_ESCAPED.sub(r"\1", self.comment).strip().encode())
        if name or address:
            self.found.append(Address(name, address, self.group))
        self._clear()

    def _bare(self, name: str) -> tuple[str, str]:
        """The address, and the name beside it, where there are no angle brackets."""
        said = _tight("".join(f"{'' if touching else ' '}{piece}" for piece, _, touching in self.pieces))
        words = said.split()
        likely = [word for word in words if "@" in word and _ADDRESS.fullmatch(word)]
        if len(likely) == 1 and '"' not in said:
            words.remove(likely[0])
            return likely[0], decoded(" ".join(words).encode())
        return (said, "") if _ADDRESS.fullmatch(said) else ("", name)


def _tight(said: str) -> str:
    """Without the blanks that RFC 5322 §4.4 allows around a dot and "@"; those within quotes stay."""
    if '"' in said:
        return said.strip()
    said = " ".join(said.split())
    for mark in ("@", "."):
        said = said.replace(f" {mark}", mark).replace(f"{mark} ", mark)
    return said
