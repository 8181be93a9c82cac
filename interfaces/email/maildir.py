"""A Maildir whose new messages are delivered: each is claimed by a rename, so several processes may share one.

    new/    → taken/ATTEMPTS~TOKEN~NAME       while it is with the application; its owner touches it again and again
            → cur/NAME:2,S                    accepted (or removed, with the option)
            → .Rejected/cur/NAME:2,           refused
            → later/DUE~ATTEMPTS~TOKEN~NAME   deferred: tried again when it is due, by whoever is there

What a dead owner had taken is put into later/ by another when its lease is over. No step is in memory alone, and each
is one rename, so a kill at any point leaves a message in exactly one place; it may be delivered twice, with the same
``dedupe_key``. A TOKEN is new for each claim, so that two messages of one name never meet. The times are those of the
file system: ctime, which every rename and touch sets, so a message keeps its own time.
"""

import asyncio
import os
import re
import secrets
import stat
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import IO

from interfaces.email.headers import split
from interfaces.email.intake import Intake
from interfaces.email.service import Service, log
from interfaces.email.translate import Place
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.noise import Noise, Trouble

__all__ = ["Box", "Taken", "Watch", "check_box", "watched"]

LEASE = 60.0
"""Seconds after which what a dead process had taken is another's."""
RENEW = 15.0
"""Seconds between two touches of what is taken."""
FIRST, LONGEST = 30.0, 3600.0
"""Seconds until a deferred message is tried again the first time, doubled each time, and at most."""
LOOK = 10_000
"""Names that are read of a folder in one look."""
HEADER = 65_536
"""Bytes of a message that are looked at for its envelope."""
FROM = 1000
"""Bytes of its From that are looked at, where it has no Return-Path."""
_ADDRESS = re.compile(rb"[^\s<>()\[\],;:\"]{1,250}@[^\s<>(),;:\"]{1,250}")
SETTLE = 5.0
"""Seconds for the last renames when the server stops."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is ours for now."""

    path: Path
    name: str
    attempts: int
    """How often it was tried before."""


class Box:
    """The folders of one Maildir, and every step of a message; all of it blocks. Making one raises ConfigError."""

    def __init__(self, folder: str, clock: Callable[[], float] = time.time) -> None:
        self.folder = Path(folder).expanduser()
        self.clock = clock
        self.owner = secrets.token_hex(4)
        self._numbers = count()
        check_box(folder)
        self.rejected = self.folder / ".Rejected"
        try:
            for place in ("taken", "later", ".Rejected/new", ".Rejected/cur", ".Rejected/tmp"):
                (self.folder / place).mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.rejected / "maildirfolder").touch()
        except OSError as error:
            raise ConfigError(f"--email-maildir {folder}: {error.strerror}: {error.filename}") from error

    def take(self, most: int) -> list[Taken]:
        """Claim up to ``most`` messages: those that are due again, then new ones. OSError when none can be."""
        found: list[Taken] = []
        wrong: OSError | None = None
        for path, name, attempts in self._waiting():
            if len(found) >= most:
                break
            claim = self.folder / "taken" / f"{attempts}~{self._token()}~{name}"
            try:
                if not stat.S_ISREG(path.lstat().st_mode):
                    continue  # a link may lead to what is not its owner's, and a pipe has no end
                _touch(path)  # before it is ours: nobody shall think that a claim is as old as the message
                path.rename(claim)
            except FileNotFoundError:  # another was faster
                continue
            except OSError as error:  # its name is too long, say
                wrong = OSError(error.errno, error.strerror, str(path))  # the same each time: it is told once
                continue
            found.append(Taken(claim, name, attempts))
        if wrong is not None and not found:
            raise wrong
        return found

    def _token(self) -> str:
        return f"{self.owner}{next(self._numbers):x}"

    def _waiting(self) -> Iterator[tuple[Path, str, int]]:
        for path in self._names("later"):
            due, _, rest = path.name.partition("~")
            if _number(due) and int(due) <= self.clock() and (found := _parts(rest)):
                yield path, *found
        for path in self._names("new"):
            yield path, path.name, 0

    def _names(self, place: str) -> list[Path]:
        with os.scandir(self.folder / place) as entries:
            return [Path(one.path) for one in islice(entries, LOOK) if not one.name.startswith(".")]

    def renew(self, taken: Taken) -> None:
        """It is still ours."""
        try:
            _touch(taken.path)
        except FileNotFoundError:
            pass  # it has ended meanwhile

    def accepted(self, taken: Taken, *, remove: bool) -> bool:
        """It is done: into cur/, marked as seen, or gone. False when it was no longer ours."""
        if remove:
            return _moved(taken.path, None)
        return self._kept(taken, self.folder, "S")

    def refused(self, taken: Taken) -> bool:
        """Nobody wants it: into the folder .Rejected."""
        return self._kept(taken, self.rejected, "")

    def _kept(self, taken: Taken, folder: Path, flag: str) -> bool:
        name, _, flags = taken.name.partition(":2,")
        flags = "".join(sorted({*flags, *flag}))
        to = folder / "cur" / f"{name}:2,{flags}"
        if to.exists():
            to = folder / "cur" / f"{name}.{self._token()}:2,{flags}"
        return _moved(taken.path, to)

    def deferred(self, taken: Taken, seconds: float, attempts: int) -> bool:
        """It is to be tried again in ``seconds``."""
        due = int(self.clock() + seconds)
        return _moved(taken.path, self.folder / "later" / f"{due}~{attempts}~{self._token()}~{taken.name}")

    def recover(self, mine: Collection[Path]) -> int:
        """Put back what its owner has left for longer than a lease; how many. ``mine`` has its owner here."""
        put = 0
        for path in self._names("taken"):
            found = _parts(path.name)
            if found is None or path in mine:
                continue
            try:
                lapsed = path.stat().st_ctime < self.clock() - LEASE
            except FileNotFoundError:
                continue
            if lapsed:
                put += self.deferred(Taken(path, *found), 0, found[1] + 1)  # it may have begun
        return put


def check_box(folder: str) -> None:
    """ConfigError when ``folder`` is no Maildir."""
    path = Path(folder).expanduser()
    if not (path / "new").is_dir() or not (path / "cur").is_dir():
        raise ConfigError(f"--email-maildir {folder}: this is no Maildir, which has new/, cur/ and tmp/")


def _parts(text: str) -> tuple[str, int] | None:
    """Name and attempts of ATTEMPTS~TOKEN~NAME."""
    attempts, _, rest = text.partition("~")
    _, _, name = rest.partition("~")
    return (name, int(attempts)) if name and _number(attempts) else None


def _number(text: str) -> bool:
    """Whether it is one that we have written."""
    return text.isascii() and text.isdigit()


def _touch(path: Path) -> None:
    """Set its ctime, and leave its own times."""
    said = path.stat()
    os.utime(path, ns=(said.st_atime_ns, said.st_mtime_ns))


def _moved(path: Path, to: Path | None) -> bool:
    try:
        if to is None:
            path.unlink()
        else:
            path.rename(to)
    except FileNotFoundError:
        return False
    return True


def envelope(file: IO[bytes], to: str) -> tuple[str, list[str]]:
    """Who sent it, and to whom: what delivered it has put into its header; ``to`` is the recipient unless it is ""."""
    beginning = file.read(HEADER)
    file.seek(0)
    headers = split(beginning.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), 1000).firsts
    path = headers.get(b"return-path")
    if path is None:
        written = _ADDRESS.findall(headers.get(b"from", b"")[:FROM])
        sender = written[-1].decode("utf-8", "replace") if written else ""
    else:
        sender = path.decode("utf-8", "replace").strip().removeprefix("<").removesuffix(">")
    found = to or (headers.get(b"delivered-to") or headers.get(b"x-original-to") or b"").decode(
        "utf-8", "replace"
    )
    return sender, [found.strip().removeprefix("<").removesuffix(">")] if found else []


class Watch:
    """Delivers what comes into one Maildir, a few messages at once."""

    def __init__(self, box: Box, intake: Intake, trouble: Callable[[BaseException | None], None]) -> None:
        self.box = box
        self.intake = intake
        self.options = intake.service.options
        self.running: dict[asyncio.Task[None], Taken] = {}
        self.nameless = Noise(intake.service.count, "email.maildir_rejected", "interfaces.email")
        self.lost = Noise(intake.service.count, "email.maildir_lost", "interfaces.email")
        self._trouble = trouble
        self._renewed = float("-inf")

    async def run(self) -> None:
        """Look again and again, until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            full = False
            try:
                if loop.time() - self._renewed >= RENEW:
                    self._renewed = loop.time()
                    await asyncio.to_thread(self._keep, list(self.running.values()))
                full = await self.turn()
                self._trouble(None)
            except OSError as error:
                self._trouble(error)
            except Exception as error:  # noqa: BLE001 - it would never look again, and nobody would know
                log.exception("%s: cannot be looked through", self.box.folder)
                self._trouble(error)
            if full:
                await asyncio.wait(self.running, timeout=RENEW, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(self.options.maildir_interval)

    def _keep(self, mine: list[Taken]) -> None:
        for taken in mine:
            self.box.renew(taken)
        self.box.recover({taken.path for taken in mine})

    async def turn(self) -> bool:
        """Begin what there is room for; whether there may be more of it."""
        free = self.options.maildir_at_once - len(self.running)
        if free <= 0 or self.intake.service.draining:
            return free <= 0
        found = await asyncio.to_thread(self.box.take, free)
        for taken in found:
            task = asyncio.get_running_loop().create_task(self.deliver(taken))
            self.running[task] = taken
            task.add_done_callback(self.running.pop)
        return len(found) >= free

    async def deliver(self, taken: Taken) -> None:
        """Have one message get its verdict, and put it where that says."""
        try:
            kinds = await self._kinds(taken)
        except OSError as error:
            self._trouble(error)
            kinds = {"defer"}
        except Exception:  # noqa: BLE001 - whatever it is, the message comes again
            log.exception("%s: %s cannot be delivered", self.box.folder, taken.name)
            kinds = {"defer"}
        try:
            moved = await asyncio.to_thread(self._put, taken, kinds)
        except OSError as error:  # it stays taken until its lease is over
            self._trouble(error)
            return
        if not moved:
            self.lost(f"{self.box.folder}: {taken.name}", "another process has taken it meanwhile")

    async def _kinds(self, taken: Taken) -> set[str]:
        """The verdicts of its recipients."""
        file = await asyncio.to_thread(taken.path.open, "rb")
        try:
            sender, recipients = await asyncio.to_thread(envelope, file, self.options.maildir_to)
            if not recipients:
                self.nameless(f"{self.box.folder}: {taken.name}", "for whom? It says no Delivered-To, nor does "
                              "--email-maildir-to")  # fmt: skip
                return {"reject"}
            place = Place(protocol="maildir", client=None, server=None)
            said = await self.intake.deliver(place, (sender, recipients), file, attempt=taken.attempts + 1)
        finally:
            file.close()
        return {one.kind for one in said}

    def _put(self, taken: Taken, kinds: set[str]) -> bool:
        if self.intake.service.draining and "defer" in kinds:
            return self.box.deferred(taken, 0, taken.attempts + 1)
        if "defer" in kinds:
            seconds = min(LONGEST, FIRST * 2 ** min(taken.attempts, 20))
            return self.box.deferred(taken, seconds, taken.attempts + 1)
        if "accept" in kinds:
            return self.box.accepted(taken, remove=self.options.maildir_accepted == "remove")
        return self.box.refused(taken)


@asynccontextmanager
async def watched(service: Service, context: Context) -> AsyncIterator[None]:
    """Watch the Maildirs of the options; on leaving, finish what is taken."""
    intake = Intake(service)
    watches = []
    for folder in service.options.maildir:
        trouble = _Told(folder, context)
        watches.append(Watch(await asyncio.to_thread(Box, folder), intake, trouble))
    for name in ("email.maildir_rejected", "email.maildir_lost"):
        context.telemetry.count(name, 0)
    tasks = [asyncio.ensure_future(watch.run()) for watch in watches]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        running = [task for watch in watches for task in watch.running]
        if running:
            _, late = await asyncio.wait(running, timeout=SETTLE)
            for task in late:
                task.cancel()
            if late:
                log.warning("%d messages of Maildirs stay taken until their lease is over", len(late))


class _Told(Trouble):
    """Trouble that readiness hears of, too."""

    def __init__(self, folder: str, context: Context) -> None:
        super().__init__(f"--email-maildir {folder}", logger="interfaces.email")
        self._context = context
        self._name = f"email maildir {folder}"

    def __call__(self, error: BaseException | None) -> None:
        """It is so now."""
        super().__call__(error)
        self._context.ready(self._name, error is None, str(error or ""))
