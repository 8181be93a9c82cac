"""``interfaces dead``: look at dead letters, and put them back into their queues."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
import msgspec

from interfaces.layers.opening import open_layer
from interfaces.shared.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from interfaces.layers.dead import DeadLetters, Letter

__all__ = ["dead"]

_LAYER = click.option(
    "--layer", metavar="URL", envvar="INTERFACES_LAYER", required=True,
    help="the broker: redis://HOST, rediss://, unix:// or embedded:, or several with commas (or INTERFACES_LAYER)",
)  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="one JSON value a line")


def _with_letters(url: str, deed: "Callable[[DeadLetters], Awaitable[int]]") -> int:
    """Connect and do it; 1 without a broker."""

    async def run() -> int:
        layer: Any = open_layer(url)
        try:
            if not hasattr(layer, "hub"):
                raise ConfigError(f"--layer {url}: dead letters are kept by a broker, and this is none")
            hub = layer.hub()
            await hub.started()
            # what that layer needed is installed; --help has to work without
            letters = import_module("interfaces.layers.dead").DeadLetters(hub)
            return await deed(letters)
        finally:
            await layer.close()

    try:
        return asyncio.run(run())
    except Unavailable as error:
        click.echo(f"interfaces: {error}", err=True)
        return 1


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: Any) -> str:
    """One line; bytes are shown as base64."""
    return msgspec.json.encode(value).decode()


@click.group("dead")
def dead() -> None:
    """Deliveries that were given up: list them, show one, try again."""


@dead.command("list")
@click.argument("queue", required=False)
@_LAYER
@_JSON
def list_letters(queue: str | None, layer: str, as_json: bool) -> int:
    """Every queue with its counts, or the dead letters of QUEUE, oldest first."""

    async def all_queues(letters: "DeadLetters") -> int:
        for name, (items, count) in (await letters.queues()).items():
            row = {"queue": name, "items": items, "dead": count}
            click.echo(_json(row) if as_json else f"{name}  {items} items  {count} dead")
        return 0

    async def one_queue(letters: "DeadLetters") -> int:
        page = await letters.page(queue or "")
        if not page:
            click.echo(f"interfaces: {queue} has no dead letters", err=True)
        while page:
            for letter in page:
                click.echo(_json(letter) if as_json else _row(letter))
            page = await letters.page(queue or "", after=page[-1].number)
        return 0

    return _with_letters(layer, one_queue if queue else all_queues)


def _row(letter: "Letter") -> str:
    return f"{letter.number}  {_time(letter.died_at)}  {letter.attempts} attempts  {letter.id}  {letter.reason!r}"


@dead.command("show")
@click.argument("queue")
@click.argument("number")
@_LAYER
@_JSON
def show(queue: str, number: str, layer: str, as_json: bool) -> int:
    """One dead letter: who, why, how often it was tried, and the message."""

    async def deed(letters: "DeadLetters") -> int:
        letter = await letters.show(queue, number)
        if letter is None:
            raise click.UsageError(f"{queue} has no dead letter {number}")
        if as_json:
            click.echo(_json(letter))
            return 0
        told = {"died": _time(letter.died_at), "put": _time(letter.put_at)}
        for name in ("number", "queue", "id", "reason", "attempts", "owner", "dedupe_key", "conversation"):
            told[name] = str(getattr(letter, name))
        for name, value in told.items():
            click.echo(f"{name:<13}{value}")
        sealed = "(sealed with a key that is not given)"
        click.echo(
            json.dumps(json.loads(_json(letter.message)), indent=2) if letter.message is not None else sealed
        )
        return 0

    return _with_letters(layer, deed)


@dead.command("retry")
@click.argument("queue")
@click.argument("numbers", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="all that are there now")
@_LAYER
def retry(queue: str, numbers: tuple[str, ...], everything: bool, layer: str) -> int:
    """Put dead letters back into QUEUE, to be tried as often as new ones."""
    if bool(numbers) == everything:
        raise click.UsageError("say which numbers, or --all")

    async def deed(letters: "DeadLetters") -> int:
        if everything:
            click.echo(f"{await letters.retry_all(queue)} put back")
            return 0
        missing = [number for number in numbers if not await letters.retry(queue, number)]
        click.echo(f"{len(numbers) - len(missing)} put back")
        if missing:
            raise click.UsageError(f"{queue} has no dead letter {' '.join(missing)}")
        return 0

    return _with_letters(layer, deed)
