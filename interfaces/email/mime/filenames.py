"""A name for a file, out of what a stranger calls it. Pure."""

import re
from unicodedata import category, normalize

__all__ = ["LONGEST_NAME", "safe"]

_EXTENSIONS = {
    "application/gzip": ".gz", "application/json": ".json", "application/msword": ".doc", "application/pdf": ".pdf",
    "application/zip": ".zip", "audio/mpeg": ".mp3", "image/gif": ".gif", "image/heic": ".heic", "image/jpeg": ".jpg",
    "image/png": ".png", "image/svg+xml": ".svg", "image/webp": ".webp", "message/delivery-status": ".txt",
    "message/global": ".eml", "message/rfc822": ".eml", "text/calendar": ".ics", "text/csv": ".csv",
    "text/html": ".html", "text/plain": ".txt", "text/vcard": ".vcf", "text/xml": ".xml", "video/mp4": ".mp4",
}  # fmt: skip
_RESERVED = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(
    r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])(?:\.|$)", re.IGNORECASE
)
LONGEST_NAME = 200
"""Bytes of a file's name in UTF-8; file systems take 255."""
_LOOKED_AT = 2000
_EXTENSION = 20


def safe(name: str, content_type: str = "") -> str:
    """A name that can be used in a folder on any system: one component, nothing hidden, nothing that cannot be seen.

    Without a usable name it is "attachment" with the extension of ``content_type``. Two attachments may have the same.
    """
    name = name[-_LOOKED_AT:].replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = "".join(
        char for char in normalize("NFC", name) if category(char)[0] != "C" and char not in "\u2028\u2029"
    )
    name = " ".join(_RESERVED.sub("_", name).split()).strip(". ")
    if not name:
        name = "attachment" + _EXTENSIONS.get(content_type, ".bin")
    if _DEVICES.match(name):
        name = f"_{name}"
    return _bounded(name)


def _bounded(name: str) -> str:
    """``name``, with its middle taken out when it is too long: the extension stays."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > _EXTENSION:
        stem, extension = name, ""
    end = f".{extension}" if extension else ""
    room = LONGEST_NAME - len(end.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + end
