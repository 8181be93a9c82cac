"""The tables of national languages: locking shift and single shift. Pure.

Source: 3GPP TS 23.038, annex A. A table is written as what it differs in from one that many share: "0B:011E+1" says
that the septets 0x0B and 0x0C are U+011E and U+011F. In Kannada's, 0x24 is the letter that stands there in the order
of the script, as telephones have it; copies of the standard repeat another letter in its place.
"""

from collections.abc import Mapping

__all__ = ["ESCAPE", "LANGUAGES", "locking", "single"]

ESCAPE = 0x1B
LANGUAGES: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        str.split(
            "turkish spanish portuguese bengali gujarati hindi kannada malayalam oriya punjabi tamil telugu urdu"
        ),
        start=1,
    )
}
"""Their names, and the numbers that headers have for them."""

_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "0A:000C 14:005E 28:007B 29:007D 2F:005C 3C:005B 3D:007E 3E:005D 40:007C 65:20AC"
_INDIC_LOCKING = "0A:000A 0D:000D 20:0020+1 28:0029 29:0028 2C:002C 2E:002E 30:0030+11 3F:003F 61:0061+25"
_INDIC_SINGLE = (
    "00:0040 01:00A3 02:0024 03:00A5 04:00BF 05:0022 06:00A4 07:0025+2 0A:000C 0B:002A+1 0E:002D 0F:002F"
    " 10:003C+2 13:00A1 14:005E 15:00A1 16:005F 17:0023 18:002A 28:007B 29:007D 2F:005C 3C:005B 3D:007E 3E:005D"
    " 40:007C 41:0041+25 65:20AC"
)
_LOCKING: Mapping[int, str] = {
    1: "04:20AC 07:0131 0B:011E+1 1C:015E+1 40:0130 60:00E7",
    3: (
        "04:00EA 06:00FA 07:00ED 08:00F3 09:00E7 0B:00D4 0C:00F4 0E:00C1 0F:00E1 12:00AA 13:00C7 14:00C0 15:221E"
        " 16:005E 17:005C 18:20AC 19:00D3 1A:007C 1C:00C2 1D:00E2 1E:00CA 24:00BA 40:00CD 5B:00C3 5C:00D5 5D:00DA"
        " 60:007E 7B:00E3 7C:00F5 7D:0060"
    ),
    4: (
        "00:0981+2 03:0985+6 0B:098C 0F:098F+1 13:0993+7 1C:099B+3 22:099F+5 2A:09A5+1 2D:09A7 2F:09A8 3D:09AA+1"
        " 40:09AC+4 46:09B2 4A:09B6+3 4E:09BC+8 59:09C7+1 5D:09CB+3 7B:09D7 7C:09DC+1 7E:09F0+1"
    ),
    5: (
        "00:0A81+2 03:0A85+6 0B:0A8C+1 0F:0A8F+2 13:0A93+7 1C:0A9B+3 22:0A9F+5 2A:0AA5+1 2D:0AA7 2F:0AA8 3D:0AAA+1"
        " 40:0AAC+4 46:0AB2+1 49:0AB5+4 4E:0ABC+9 59:0AC7+2 5D:0ACB+2 60:0AD0 7B:0AE0+3 7F:0AF1"
    ),
    6: (
        "00:0901+2 03:0905+6 0B:090C+1 0E:090E+12 1C:091B+3 22:091F+5 2A:0925+1 2D:0927 2F:0928 3C:0929+2"
        " 40:092C+13 4E:093C+17 60:0950 7B:0972 7C:097B+1 7E:097E+1"
    ),
    7: (
        "01:0C82+1 03:0C85+6 0B:0C8C 0E:0C8E+2 12:0C92+8 1C:0C9B+3 22:0C9F+5 2A:0CA5+1 2D:0CA7 2F:0CA8 3D:0CAA+1"
        " 40:0CAC+7 49:0CB5+4 4E:0CBC+8 58:0CC6+2 5C:0CCA+3 60:0CD5 7B:0CD6 7C:0CE0+3"
    ),
    8: (
        "01:0D02+1 03:0D05+6 0B:0D0C 0E:0D0E+2 12:0D12+8 1C:0D1B+3 22:0D1F+5 2A:0D25+1 2D:0D27 2F:0D28 3D:0D2A+1"
        " 40:0D2C+13 4F:0D3D+7 58:0D46+2 5C:0D4A+3 60:0D57 7B:0D60+3 7F:0D79"
    ),
    9: (
        "00:0B01+2 03:0B05+6 0B:0B0C 0F:0B0F+1 13:0B13+7 1C:0B1B+3 22:0B1F+5 2A:0B25+1 2D:0B27 2F:0B28 3D:0B2A+1"
        " 40:0B2C+4 46:0B32+1 49:0B35+4 4E:0B3C+8 59:0B47+1 5D:0B4B+2 60:0B56 7B:0B57 7C:0B60+3"
    ),
    10: (
        "00:0A01+2 03:0A05+5 0F:0A0F+1 13:0A13+7 1C:0A1B+3 22:0A1F+5 2A:0A25+1 2D:0A27 2F:0A28 3D:0A2A+1"
        " 40:0A2C+4 46:0A32+1 49:0A35+1 4C:0A38+1 4E:0A3C 50:0A3E+4 59:0A47+1 5D:0A4B+2 60:0A51 7B:0A70+4"
    ),
    11: (
        "01:0B82+1 03:0B85+5 0E:0B8E+2 12:0B92+3 19:0B99+1 1D:0B9C 1F:0B9E 22:0B9F 26:0BA3+1 2F:0BA8 3C:0BA9+1"
        " 42:0BAE+11 50:0BBE+4 58:0BC6+2 5C:0BCA+3 60:0BD0 7B:0BD7 7C:0BF0+2 7F:0BF9"
    ),
    12: (
        "00:0C01+2 03:0C05+6 0B:0C0C 0E:0C0E+2 12:0C12+8 1C:0C1B+3 22:0C1F+5 2A:0C25+1 2D:0C27 2F:0C28 3D:0C2A+1"
        " 40:0C2C+7 49:0C35+4 4F:0C3D+7 58:0C46+2 5C:0C4A+3 60:0C55 7B:0C56 7C:0C60+3"
    ),
    13: (
        "00:0627 01:0622 02:0628 03:067B 04:0680 05:067E 06:06A6 07:062A 08:06C2 09:067F 0B:0679 0C:067D 0E:067A"
        " 0F:067C 10:062B+1 12:0681 13:0684 14:0683 15:0685+2 18:062D+2 1C:068C 1D:0688+2 22:068F 23:068D 24:0630+1"
        " 26:0691 27:0693 2A:0699 2B:0632 2D:0696 2F:0698 3C:069A 3D:0633+1 40:0635+4 45:0641+1 47:06A9+2 4A:06AF"
        " 4B:06B3 4C:06B1 4D:0644+2 50:06BA+2 53:0648 54:06C4 55:06D5 56:06C1 57:06BE 58:0621 59:06CC 5A:06D0"
        " 5B:06D2 5C:064D 5D:0650 5E:064F 5F:0657 60:0654 7B:0655 7C:0651 7D:0653 7E:0656 7F:0670"
    ),
}
_SINGLE: Mapping[int, str] = {
    1: "47:011E 49:0130 53:015E 63:00E7 67:011F 69:0131 73:015F",
    2: "09:00E7 41:00C1 49:00CD 4F:00D3 55:00DA 61:00E1 69:00ED 6F:00F3 75:00FA",
    3: (
        "05:00EA 09:00E7 0B:00D4 0C:00F4 0E:00C1 0F:00E1 12:03A6 13:0393 15:03A9 16:03A0 17:03A8 18:03A3 19:0398"
        " 1F:00CA 41:00C0 49:00CD 4F:00D3 55:00DA 5B:00C3 5C:00D5 61:00C2 69:00ED 6F:00F3 75:00FA 7B:00E3 7C:00F5"
        " 7F:00E2"
    ),
    4: "19:09E6+1 1C:09E8+7 24:09DF+3 2A:09E3 2B:09F2+3 30:09F6+4",
    5: "19:0964+1 1C:0AE6+9",
    6: "19:0964+1 1C:0966+9 26:0951+1 2A:0953+1 2C:0958+2 30:095B+8 39:0970+1",
    7: "19:0964+1 1C:0CE6+9 26:0CDE 27:0CF1 2A:0CF2",
    8: "19:0964+1 1C:0D66+11 2A:0D72+3 2E:0D7A 30:0D7B+4",
    9: "19:0964+1 1C:0B66+9 26:0B5C+1 2A:0B5F 2B:0B70+1",
    10: "19:0964+1 1C:0A66+9 26:0A59+1 2A:0A5B+1 2C:0A5E 2D:0A75",
    11: "19:0964+1 1C:0BE6+9 26:0BF3+1 2A:0BF5+3 2E:0BFA",
    12: "1C:0C66+9 26:0C58+1 2A:0C78+4 30:0C7D+2",
    13: (
        "19:0600+1 1C:06F0+9 26:060C+1 2A:060E+4 30:0613+1 32:061B 33:061F 34:0640 35:0652 36:0658 37:066B+1"
        " 39:0672+1 3B:06CD 3F:06D4"
    ),
}
_INDIC = 4
"""The first of those whose tables are not the default ones with some other letters."""


def locking(language: int) -> dict[int, str]:
    """Septet → character where nothing stands in front; the default alphabet for a language that has no such table."""
    if language >= _INDIC:
        return {**_table(_INDIC_LOCKING), **_table(_LOCKING[language])}
    default = {septet: one for septet, one in enumerate(_DEFAULT) if septet != ESCAPE}
    return {**default, **_table(_LOCKING.get(language, ""))}


def single(language: int) -> dict[int, str]:
    """Septet → character behind an escape; the default extension for 0."""
    base = _INDIC_SINGLE if language >= _INDIC else _EXTENSION
    return {**_table(base), **_table(_SINGLE.get(language, ""))}


def _table(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for run in text.split():
        septet, _, points = run.partition(":")
        first, _, more = points.partition("+")
        for step in range(int(more or 0) + 1):
            found[int(septet, 16) + step] = chr(int(first, 16) + step)
    return found
