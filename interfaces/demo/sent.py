"""Mail to customers, which ``--email-send file://…`` makes into files, as the console shows it."""

import os
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

__all__ = ["SHOWN", "Sent"]

SHOWN = 200
"""Mails that are shown."""


class Sent:
    """The folder in which mail to customers becomes files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The latest of it, oldest first, as the console shows mail."""
        return [_mail(path) for path in sorted(self.folder.glob("*.eml"), key=os.path.getmtime)[-SHOWN:]]


def _mail(path: Path) -> dict[str, Any]:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    fields = {name: str(mail[name] or "") for name in ("from", "to", "subject", "reply-to")}
    return {**fields, "text": body.get_content() if body else "", "time": path.stat().st_mtime}
