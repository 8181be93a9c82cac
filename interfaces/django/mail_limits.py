"""Bounds of the log of mail and of its admin."""

__all__ = [
    "ADMIN_REPLAYED", "ADMIN_SECONDS", "ASKED_AFTER", "ASKED_UNTIL",
    "ERROR", "LARGE", "MOST", "PENDING", "PIECE", "REMOVED", "REPLAYED", "REPLIES", "SECONDS", "SHOWN", "TEXT",
]  # fmt: skip

LARGE = 262_144
"""Bytes of a message beyond which it goes to the storage, where there is one."""
MOST = 10_485_760
"""Bytes of a message in the database; of a larger one LARGE are kept."""
ERROR = 4000
"""Characters of what an application raised."""
TEXT = 10_000
"""Characters that are kept of the text of sent mail."""
REPLIES = 4000
"""Characters of replies that are kept of sent mail; the oldest go."""
SECONDS = 280.0
"""For the application's verdict on one message that is replayed."""
PIECE = 131_072
"""Bytes that are read at once of what is replayed."""
PENDING = 600.0
"""Seconds after which a message that is pending has lost its process, rather than being with the application."""
REPLAYED = 1000
"""Messages that one replay takes at most."""
REMOVED = 500
"""Contents that are removed within one look."""
SHOWN = 200_000
"""Characters of a text that the admin shows."""
ASKED_AFTER = 600.0
"""Seconds after which it is asked what became of sent mail that is pending."""
ASKED_UNTIL = 72_000.0
"""Seconds after which it is asked no more: a sender keeps its results for a day, unless told."""
ADMIN_REPLAYED = 20
"""Messages that are replayed while the page of the admin waits."""
ADMIN_SECONDS = 30.0
"""For the application's verdict on each of them."""
