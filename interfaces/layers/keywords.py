"""What a line says: brokers, and keywords of the layer. One reading for ``--layer`` and for RedisChannelLayer's hosts.

Several brokers are several URLs with commas between them: ``redis://a,redis://b/1?prefix=x``. What follows a ``?`` is
the layer's where the layer has a keyword of that name, else the broker's. Pure: nothing is connected here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from interfaces.layers.settings import HOST_KEYS, SCHEMES, Settings
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean

__all__ = ["EMBEDDED", "LOCAL", "REDIS", "Keywords", "read_hosts", "read_query", "split_urls"]

Keywords = dict[str, Any]
_EVERY: Mapping[str, Any] = {
    "expiry": float, "group_expiry": float, "capacity": int, "channel_capacity": dict[str, int], "max_delayed": int,
}  # fmt: skip
"""The keywords of every layer, with the type that a text becomes."""
LOCAL = _EVERY
REDIS = {
    **_EVERY,
    "durability": str,
    **{item.name: item.type for item in fields(Settings) if item.name != "hosts"},
}
EMBEDDED = {**REDIS, "fsync": bool}
_SPLIT = re.compile(rf",\s*(?=(?:{'|'.join(map(re.escape, SCHEMES))})://)")


def split_urls(urls: str) -> list[str]:
    """The URLs of one line: a comma ends one where another one begins."""
    return _SPLIT.split(urls)


def read_query(query: str, known: Mapping[str, Any], more: Iterable[str] = ()) -> Keywords:
    """The layer's keywords in a query, each as its type; ConfigError for what is none.

    ``more`` are words to think of in a refusal.
    """
    said: Keywords = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key not in known:
            raise ConfigError(f"layer: unknown keyword {key!r}{did_you_mean(key, [*known, *more])}")
        if not text:
            raise ConfigError(f"layer: {key} has no value")
        kind = known[key]
        try:
            if kind is bool or kind in {float, int, str}:
                said[key] = msgspec.convert(text, kind, strict=False)
            elif kind == _EVERY["channel_capacity"]:
                said[key] = msgspec.json.decode(text, type=kind)
            else:
                said[key] = tuple(text.split(","))
        except msgspec.MsgspecError as error:
            shown = "…" if key.endswith("_keys") else text
            raise ConfigError(
                f"layer: {key}={shown}: {str(error).replace('Expected', 'expected', 1)}"
            ) from None
    return said


def read_hosts(hosts: object) -> tuple[object, Keywords]:
    """``hosts`` with one entry a broker, and the layer's keywords that their URLs say.

    Raises ConfigError for keywords that cannot be, and when two brokers say different ones.
    """
    if isinstance(hosts, (str, bytes, Mapping)):
        hosts = [hosts]
    if not isinstance(hosts, Iterable):
        return hosts, {}  # nothing, or nothing that could be: Settings says so
    entries: list[object] = []
    said: Keywords = {}
    for entry in hosts:
        for one, keywords in _read(entry):
            entries.append(one)
            for key, value in keywords.items():
                if said.setdefault(key, value) != value:
                    raise ConfigError(f"layer: {key} holds for all brokers, and they say different ones")
    return entries, said


def _read(entry: object) -> list[tuple[object, Keywords]]:
    """One entry, which may be a line of several URLs."""
    if isinstance(entry, bytes):
        entry = entry.decode("utf-8", "replace")
    if isinstance(entry, str):
        return [_read_url(url) for url in split_urls(entry)]
    if isinstance(entry, Mapping):
        if lone := [key for key in entry if key in REDIS and key not in HOST_KEYS]:
            raise ConfigError(f"hosts: {lone[0]} is a keyword of the layer, and of no single broker")
        if isinstance(address := entry.get("address"), (str, bytes)):
            url, keywords = _read_url(
                address if isinstance(address, str) else address.decode("utf-8", "replace")
            )
            return [({**entry, "address": url}, keywords)]
    return [(entry, {})]


def _read_url(url: str) -> tuple[str, Keywords]:
    place, _, query = url.partition("?")
    said = parse_qsl(query, keep_blank_values=True)
    theirs = [(key, text) for key, text in said if key in HOST_KEYS and key not in REDIS]
    ours = [one for one in said if one not in theirs]
    return f"{place}?{urlencode(theirs)}" if theirs else place, read_query(urlencode(ours), REDIS, HOST_KEYS)
