"""Letters and signs that GSM 03.38 has not, by those that it has. Pure."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from interfaces.sms.segments.alphabets import septets

__all__ = ["transliterated"]

_SIGNS: Mapping[str, str] = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02b9\u02bb\u02bc\u00b4\u0060",
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58",
    "*": "\u2022\u2023\u00b7\u2219\u25cf\u25aa\u2217",
    " ": "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "": "\u00ad\u200b\u2060\ufeff\u200e\u200f",
    "\n": "\u000b\u0085\u2028\u2029",
    "/": "\u2044\u2215",
    "->": "\u2192",
    "<-": "\u2190",
    "x": "\u00d7",
    ":": "\u00f7\u2236",
    "+-": "\u00b1",
    "(c)": "\u00a9",
    "(r)": "\u00ae",
    "oe": "\u0153",
    "OE": "\u0152",
    "th": "\u00fe",
    "Th": "\u00de",
    "d": "\u00f0\u0111",
    "D": "\u00d0\u0110",
    "l": "\u0142",
    "L": "\u0141",
    "h": "\u0127",
    "H": "\u0126",
    "i": "\u0131",
    "t": "\u0167",
    "T": "\u0166",
    "n": "\u014b",
    "N": "\u014a",
    "k": "\u0138",
    "SS": "\u1e9e",
}
_ALPHA = "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
_GREEK = dict(zip(_ALPHA, "ABEZHIKMNOPTYX", strict=True))
"""Greek capitals that look as Latin ones: the alphabet has the others alone, and no small letters."""
_TABLE = {one: by for by, many in _SIGNS.items() for one in many} | _GREEK


def transliterated(text: str) -> str:
    """``text`` in letters of GSM 03.38, as far as there are any; the others stay."""
    return "".join(map(_one, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def _one(one: str) -> str:
    alphabet = septets()
    if alphabet.fits(one):
        return one
    if one in _TABLE:
        return _TABLE[one]
    plain = "".join(
        _TABLE.get(base, base)
        for base in unicodedata.normalize("NFKD", one)
        if unicodedata.category(base) != "Mn"
    )
    for found in (plain, "".join(_GREEK.get(letter, letter) for letter in plain.upper())):
        if found and alphabet.fits(found):
            return found
    return "" if unicodedata.category(one) == "Mn" else one
