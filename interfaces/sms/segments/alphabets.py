"""Seven-bit alphabets: what fits one, how many septets it takes, and both ways between text and septets. Pure.

Source: 3GPP TS 23.038, section 6.2.1 and annex A.
"""

import re
from functools import lru_cache

from interfaces.sms.segments.languages import ESCAPE, LANGUAGES, locking, single

__all__ = ["Septets", "septets"]

_UNKNOWN = " "
"""What stands for a septet that a table has nothing for."""


class Septets:
    """An alphabet: a table for single septets, and one for those behind an escape."""

    def __init__(self, locking_language: int = 0, single_language: int = 0) -> None:
        main, behind = locking(locking_language), single(single_language)
        self.locking, self.single = locking_language, single_language
        escape = chr(ESCAPE)
        codes = {one: escape + chr(septet) for septet, one in reversed(behind.items())}
        codes |= {one: chr(septet) for septet, one in reversed(main.items())}
        self._codes = str.maketrans(codes)
        self._main = str.maketrans({septet: main.get(septet, _UNKNOWN) for septet in range(256)})
        self._behind = behind
        self.pairs = frozenset(one for one, code in codes.items() if len(code) > 1)
        """Characters that take two septets."""
        self._fits = re.compile(f"[{re.escape(''.join(codes))}]*").fullmatch
        self._paired = re.compile(f"[{re.escape(''.join(self.pairs))}]").findall

    def __repr__(self) -> str:
        return f"<Septets locking={self.locking} single={self.single}>"

    def fits(self, text: str) -> bool:
        """Whether every character has its septets."""
        return self._fits(text) is not None

    def foreign(self, text: str) -> str:
        """The first character that has none; "" if all have them."""
        return next((one for one in text if not self.fits(one)), "")

    def count(self, text: str) -> int:
        """Septets of a text that fits."""
        return len(text) + len(self._paired(text))

    def encode(self, text: str) -> bytes:
        """Septets of a text that fits, one an octet."""
        return text.translate(self._codes).encode("latin-1")

    def decode(self, data: bytes) -> str:
        """The text of septets, one an octet; takes anything.

        A septet behind an escape that its table has not reads as in the main table, as the standard says.
        """
        text = data.decode("latin-1")
        if ESCAPE not in data:
            return text.translate(self._main)
        first, *others = text.split(chr(ESCAPE))
        found = [first.translate(self._main)]
        for other in others:
            at = other[:1]
            found.append(self._behind.get(ord(at), at.translate(self._main)) if at else "")
            found.append(other[1:].translate(self._main))
        return "".join(found)


@lru_cache(maxsize=(len(LANGUAGES) + 1) ** 2)
def septets(locking_language: int = 0, single_language: int = 0) -> Septets:
    """The alphabet of these languages; the default for what is none."""
    known = LANGUAGES.values()
    return Septets(
        locking_language if locking_language in known else 0,
        single_language if single_language in known else 0,
    )
