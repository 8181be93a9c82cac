"""``interfaces`` as a later release would be: ``VERSIONS=1-2 python -m tests.deploy.later serve http …``.

Between containers and workers it speaks the versions that it is told, and says more than this release knows: a
further field in each payload, a further element in each frame, and frames of a further kind.
"""

import os
import sys
from typing import Any

from interfaces.workers import wire

plain = wire.encode
KIND = 77
"""The further kind."""


def encode(kind: int, session: int, payload: Any) -> bytes:
    """A frame as the later release has it."""
    if isinstance(payload, dict):
        payload = {**payload, "later": {"more": [1, None]}}
    body = bytearray(plain(kind, session, payload))
    assert body[0] == 0x93, "an array of three"
    body[0] = 0x94
    return bytes(body) + b"\xa5later"


oldest, newest = os.environ["VERSIONS"].split("-")
wire.VERSIONS = int(oldest), int(newest)
wire.encode = encode

from interfaces.__main__ import main
from interfaces.workers.transports.peer import Peer
from interfaces.workers.transports.post import Post


def talkative(post: Any) -> Any:
    """``post``, after which a frame of the further kind goes to the same session."""

    def more(self: Any, kind: int, session: int, payload: Any) -> int:
        size: int = post(self, kind, session, payload)
        if kind >= wire.OPEN:
            post(self, KIND, session, {"kind": kind})
        return size

    return more


Peer.post = talkative(Peer.post)  # type: ignore[method-assign]
Post.post = talkative(Post.post)  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.exit(main())
