"""Mail that becomes files: a Maildir, or a folder to look into.

https://cr.yp.to/proto/maildir.html: written in ``tmp``, synced, then moved to ``new``, so that nobody reads half of one
and a machine that dies loses none that was said to be accepted. A plain folder is written so, too, by way of ``.tmp``.
"""

import asyncio
import os
import time
from itertools import count
from pathlib import Path

from interfaces.email.sending.outgoing import Commit, Outgoing, Result, Status, results

__all__ = ["Folder", "Maildir"]

_NUMBERS = count(1)


class Folder:
    """One ``.eml`` a message in ``path``, with its envelope in two fields before it."""

    END = ".eml"
    FOLDERS: tuple[str, ...] = (".tmp",)
    TEMPORARY, FINAL = ".tmp", "."

    def __init__(self, path: Path, host: str) -> None:
        self.path = path
        self.host = host.replace("/", "\\057").replace(":", "\\072")

    async def send(self, mail: Outgoing, commit: Commit | None = None) -> list[Result]:
        """As :meth:`Transport.send`; what cannot be written is tried again."""
        try:
            written = await asyncio.to_thread(self._write, mail)
        except OSError as error:
            return self._failed(mail, "deferred", error)
        try:
            if commit is not None:
                await commit()
            try:
                await asyncio.to_thread(self._move, written)
            except OSError as error:  # moved, and perhaps not on the disk: somebody may have read it
                return self._failed(mail, "deferred" if written.exists() else "uncertain", error)
        finally:
            written.unlink(missing_ok=True)
        return results(mail.recipients, "accepted", f"written as {written.name}", 250, "2.0.0")

    def _failed(self, mail: Outgoing, status: Status, error: OSError) -> list[Result]:
        return results(mail.recipients, status, f"{self.path}: {error.strerror}")

    async def close(self) -> None:
        """Nothing is open."""

    def said(self, mail: Outgoing) -> bytes:
        """The content of the file."""
        lines = [
            f"X-Envelope-From: <{mail.mail_from}>",
            *(f"X-Envelope-To: <{one}>" for one in mail.recipients),
        ]
        return "\r\n".join([*lines, ""]).encode() + mail.content

    def _write(self, mail: Outgoing) -> Path:
        for name in self.FOLDERS:
            (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        now = time.time_ns()
        name = f"{now // 10**9}.M{now // 1000 % 10**6}P{os.getpid()}Q{next(_NUMBERS)}.{self.host}{self.END}"
        path = self.path / self.TEMPORARY / name
        try:
            with open(path, "xb", opener=_private) as file:
                file.write(self.said(mail))
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _move(self, path: Path) -> None:
        folder = self.path / self.FINAL
        path.rename(folder / path.name)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class Maildir(Folder):
    """Delivers into the Maildir at ``path``, which is made if it is not there; lines end as files' lines do."""

    END = ""
    FOLDERS = ("tmp", "new", "cur")
    TEMPORARY, FINAL = "tmp", "new"

    def said(self, mail: Outgoing) -> bytes:
        """With the fields that who delivers writes (RFC 5321 §4.4)."""
        lines = [f"Return-Path: <{mail.mail_from}>", *(f"Delivered-To: {one}" for one in mail.recipients)]
        return "\n".join([*lines, ""]).encode() + mail.content.replace(b"\r\n", b"\n")
