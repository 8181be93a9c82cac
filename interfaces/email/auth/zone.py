"""A DNS that is a table: for tests, and for trying out what would be refused."""

import re
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.email.auth.resolver import NOTHING, Answer, Kind, Unanswered, labels
from interfaces.shared.errors import ConfigError

__all__ = ["Zone"]

Records = Mapping[str, Mapping[str, Collection[str]]]


class Zone:
    """``records``: names, with the records of each kind. Whatever lies below one of ``broken`` has no answer.

    A name that is not there does not exist, unless something lies below it. ``asked`` are the questions so far.
    """

    def __init__(self, records: Records, broken: Collection[str] = ()) -> None:
        self.records = {name.lower().removesuffix("."): dict(kinds) for name, kinds in records.items()}
        self.broken = tuple(broken)
        self.asked: list[tuple[str, str]] = []

    @classmethod
    def read(cls, path: Path | str) -> "Zone":
        """From a zone file (RFC 1035 §5). ConfigError, one line, when it is none."""
        try:
            text = "$TTL 60\n" + Path(path).read_text(encoding="utf-8")
            zone = import_module("dns.zone").from_text(text, origin=".", relativize=False, check_origin=False)
        except ImportError as error:
            raise ConfigError(
                "a zone file needs dnspython: pip install 'asgi-interfaces[email-auth]'"
            ) from error
        except OSError as error:
            raise ConfigError(f"the zone file {path}: {error.strerror}") from error
        except Exception as error:  # a parser of others, which has many
            raise ConfigError(f"the zone file {path}: {_where(error)}") from error
        return cls(_records(zone))

    async def ask(self, name: str, kind: Kind) -> Answer:
        """What the table has. Raises Unanswered for what is broken."""
        parts = labels(name)
        if parts is None:
            return NOTHING
        name = b".".join(parts).decode().lower()
        self.asked.append((name, kind))
        if any(name == one or name.endswith(f".{one}") for one in self.broken):
            raise Unanswered(f"{kind} {name}: broken")
        kinds = self.records.get(name)
        if kinds is None:
            return Answer() if any(one.endswith(f".{name}") for one in self.records) else NOTHING
        if alias := kinds.get("CNAME"):
            return await self.ask(next(iter(alias)), kind)
        return Answer(tuple(kinds.get(kind, ())))


def _where(error: Exception) -> str:
    """One line of dnspython's, whose count of lines is one of ours too many."""
    return re.sub(r"^.*?:\d+: ", "", str(error).partition("\n")[0])


def _records(zone: Any) -> dict[str, dict[str, list[str]]]:
    """The records of dnspython's zone."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, _, record in sorted(zone.iterate_rdatas(), key=lambda one: getattr(one[2], "preference", 0)):
        kind = record.rdtype.name
        if kind == "TXT":
            text = b"".join(record.strings).decode("utf-8", "replace")
        elif kind in ("A", "AAAA"):
            text = record.address
        else:
            target = getattr(record, "exchange", None) or getattr(record, "target", None)
            text = target.to_text(omit_final_dot=True).removesuffix(".") if target is not None else ""
        key = name.to_text(omit_final_dot=True).lower()
        found.setdefault(key, {}).setdefault(kind, []).append(text)
    return found
