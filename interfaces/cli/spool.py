"""``interfaces spool``: look at what a spool has given up, have it tried again, or throw it away."""

import base64
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool import letters
from interfaces.shared.spool.slots import folders

__all__ = ["spool"]

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_NUMBERS = click.argument("numbers", nargs=-1)
_ALL = click.option("--all", "everything", is_flag=True, help="all that are there now")


def _dead(folder: Path) -> Iterator[tuple[Path, str]]:
    """The letters of ``folder``: in which spool, and which."""
    found = folders(folder)
    if not found:
        raise ConfigError(f"{folder} is no spool: name the folder that --email-spool names")
    for slot in found:
        for name in letters.names(slot / "dead"):
            yield slot, name


def _chosen(folder: Path, numbers: tuple[str, ...], *, everything: bool) -> list[tuple[Path, str]]:
    """Those that are asked for; raises UsageError when one is not there."""
    if bool(numbers) == everything:
        raise click.UsageError("say which, as list shows them, or --all")
    found = {f"{slot.name}/{name}": (slot, name) for slot, name in _dead(folder)}
    if missing := [name for name in numbers if name not in found]:
        raise click.UsageError(f"{folder} has no dead letter {' '.join(missing)}")
    return list(found.values()) if everything else [found[name] for name in numbers]


def _read(slot: Path, name: str) -> tuple[letters.Letter, Path | None]:
    try:
        return letters.read(slot / "dead", name)
    except (OSError, msgspec.MsgspecError) as error:
        raise click.ClickException(f"{slot.name}/{name} cannot be read: {error}") from error


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """As JSON can say it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _row(slot: Path, name: str) -> dict[str, Any]:
    letter, file = _read(slot, name)
    return {
        "name": f"{slot.name}/{name}",
        "died": _time(letter.died_at),
        "put": _time(letter.put_at),
        "attempts": letter.attempts,
        "size": letter.size if file is not None else len(letter.content),
        "reason": letter.reason,
    }


@click.group("spool")
def spool() -> None:
    """Messages that were accepted and given up: list them, show one, try again, throw away."""


@spool.command("list")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="one JSON value a line")
def list_letters(folder: Path, as_json: bool) -> int:
    """What the spools in FOLDER have given up, the oldest first."""
    for slot, name in _dead(folder):
        row = _row(slot, name)
        text = "{name}  {died}  {attempts} attempts  {size} bytes  {reason!r}".format(**row)
        click.echo(json.dumps(row) if as_json else text)
    return 0


@spool.command("show")
@_FOLDER
@click.argument("number")
@click.option("--content", is_flag=True, help="the content alone, as it came")
def show(folder: Path, number: str, content: bool) -> int:
    """One that was given up: why, and what is kept of it; or its content."""
    ((slot, found),) = _chosen(folder, (number,), everything=False)
    letter, file = _read(slot, found)
    if content:
        sys.stdout.buffer.write(file.read_bytes() if file is not None else letter.content)
        return 0
    head = msgspec.msgpack.decode(letter.head) if letter.head else None
    told = {**_row(slot, found), "conversation": letter.conversation, "head": head}
    click.echo(json.dumps(told, indent=2, default=_plain))
    return 0


def _each(chosen: list[tuple[Path, str]], deed: Callable[[Path, str], Any], done: str) -> int:
    for slot, name in chosen:
        deed(slot, name)
    click.echo(f"{len(chosen)} {done}")
    return 0


@spool.command("retry")
@_FOLDER
@_NUMBERS
@_ALL
def retry(folder: Path, numbers: tuple[str, ...], everything: bool) -> int:
    """Have those tried again, as if they were new: by the server, within seconds, or when it starts."""
    return _each(_chosen(folder, numbers, everything=everything), letters.replay, "put back")


@spool.command("drop")
@_FOLDER
@_NUMBERS
@_ALL
def drop(folder: Path, numbers: tuple[str, ...], everything: bool) -> int:
    """Throw those away for good."""
    chosen = _chosen(folder, numbers, everything=everything)
    return _each(chosen, lambda slot, name: letters.remove(slot / "dead", name), "thrown away")
