"""From bytes to text, whatever the message says of them. Pure.

A name that is no charset of the standard library's is not looked up: it remembers each name that it does not know,
and some of its codecs are no charsets, or take quadratic time. What does not fit the declared one is read as UTF-8,
else as Windows-1252, which undeclared 8-bit text mostly is (and ISO-8859-1 too, by WHATWG's Encoding Standard).
"""

import re
from encodings.aliases import aliases

__all__ = ["charset_of", "text_of"]

_NO_CHARSETS = {
    "base64_codec", "bz2_codec", "charmap", "hex_codec", "idna", "mbcs", "oem", "palmos", "punycode", "quopri_codec",
    "raw_unicode_escape", "rot_13", "undefined", "unicode_escape", "unicode_internal", "utf_7", "uu_codec",
    "zlib_codec",
}  # fmt: skip
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_WIDER = {
    "ascii": "utf_8_sig",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859_9": "cp1254",
    "latin_1": "cp1252",
    "shift_jis": "cp932",
    "tis_620": "cp874",
    "utf_8": "utf_8_sig",
}
"""What mailers mean who name the other: each is a superset, of what can be told apart."""
_MORE = {
    "ansi_x3_4": "ascii", "cp_850": "cp850", "iso_8859_6_e": "iso8859_6", "iso_8859_6_i": "iso8859_6",
    "iso_8859_8_e": "iso8859_8", "iso_8859_8_i": "iso8859_8", "ks_c_5601": "cp949", "unicode_1_1_utf_8": "utf_8",
    "windows_31j": "cp932", "windows_874": "cp874", "windows_949": "cp949", "x_gbk": "gbk", "x_mac_roman": "mac_roman",
    "x_sjis": "shift_jis", "x_x_big5": "big5",
}  # fmt: skip
_CODECS = {**{name: name for name in aliases.values()}, **aliases, **_MORE, "utf_8_sig": "utf_8_sig"}
LONGEST_NAME = 40
"""Characters of a charset's name."""


def charset_of(name: str) -> str | None:
    """The codec of Python's for a charset, the wider one where mailers confuse them; None for what is none."""
    if len(name) > LONGEST_NAME:
        return None
    plain = _SEPARATORS.sub("_", name.lower()).strip("_")
    codec = _CODECS.get(plain)
    if codec is None or codec in _NO_CHARSETS:
        return None
    return _WIDER.get(codec, codec)


def text_of(content: bytes, charset: str = "") -> str:
    """The text that ``content`` is, ``charset`` being what was said of it; never raises.

    NUL becomes U+FFFD, which databases take.
    """
    declared = charset_of(charset)
    for codec in (declared, "utf_8_sig", "cp1252"):
        if codec is None:
            continue
        try:
            text = content.decode(codec)
        except UnicodeError:
            continue
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return content.decode(declared or "utf_8_sig", "replace").replace("\0", "\ufffd")
