"""The page itself: files beside this module, by their names."""

import re
from pathlib import Path

from interfaces.shared.webhook import Answer, refusal

__all__ = ["page"]

ROOT = Path(__file__).resolve().parent / "static"
KINDS = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".mjs": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".ico": b"image/x-icon",
    ".woff2": b"font/woff2",
}
"""What is served; a file with another ending is not."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./-]*")


def page(path: str) -> Answer:
    """The file for ``/``, or below ``/static/``. PeerError with 404."""
    name = "index.html" if path == "/" else path.removeprefix("/static/")
    file = (ROOT / name).resolve() if _NAME.fullmatch(name) else ROOT
    if file.suffix not in KINDS or not file.is_relative_to(ROOT) or not file.is_file():
        raise refusal(404, f"there is no {path}")
    return Answer(200, content=(KINDS[file.suffix], file.read_bytes()))
