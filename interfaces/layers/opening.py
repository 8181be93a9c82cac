"""``--layer URL``: a channel layer from one line.

    redis://host:port/db  rediss://…  unix:///path  redis+sentinel://host,host/master    a broker (see ``settings``)
    embedded:             a private server, started by the first process of this user that says so in this directory
    embedded:NAME         the same, for all processes of this user that say NAME
    embedded:/directory   the same, and what it holds is kept there; ``fsync=true`` syncs each write to disk
    local:                this process alone

Several brokers, with commas between their URLs, are shards: ``redis://a,redis://b``. What follows ``?`` are the
layer's keywords (``prefix``, ``capacity``, ``signing_keys=new,old`` …) and the broker's (``db``, ``ssl_ca_certs`` …).
A server is known by its directory: ``$XDG_RUNTIME_DIR`` or the folder for temporary files, then
``interfaces-UID-NAME``; without a name, one that the working directory gives. It ends with the last that uses it.
"""

import asyncio
import hashlib
import importlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from interfaces.layers.base import Layer
from interfaces.layers.embedded import Embedded
from interfaces.layers.keywords import EMBEDDED, LOCAL, Keywords, read_hosts, read_query, split_urls
from interfaces.layers.settings import SCHEMES
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean

__all__ = ["open_layer"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def open_layer(url: str, **keywords: Any) -> Layer:
    """The layer that ``url`` names; ``keywords`` override what it says.

    Nothing is connected yet, but ``embedded:`` has its server running, which ends with the layer's ``close``.
    Raises ConfigError for a scheme, a key or a value that cannot be, and for an extra that is not installed.
    """
    scheme, sign, _ = url.partition(":")
    if not sign or scheme not in _OPENERS:
        known = [f"{name}:" for name in _OPENERS]
        raise ConfigError(
            f"layer {scheme + sign!r}: expected one of {', '.join(known)}{did_you_mean(scheme + ':', known)}"
        )
    return _OPENERS[scheme](url, keywords)


def _local(url: str, keywords: Keywords) -> Layer:
    place, _, query = url.partition("?")
    if place != "local:":
        raise ConfigError(f"layer {place}: nothing may follow local: but ?keyword=value")
    return _make("interfaces.layers.local", "LocalChannelLayer", read_query(query, LOCAL) | keywords)


def _brokers(urls: str, keywords: Keywords) -> Layer:
    hosts, said = read_hosts(urls)
    return _redis(hosts, said | keywords)


def _embedded(url: str, keywords: Keywords) -> Layer:
    if len(split_urls(url)) > 1:
        raise ConfigError("layer embedded: a private server is one, and no shard beside others")
    place, _, query = url.partition("?")
    said = read_query(query, EMBEDDED) | keywords
    place, fsync = unquote(place.partition(":")[2]), said.pop("fsync", False)
    kept = "/" in place
    if fsync and not kept:
        raise ConfigError(
            "layer embedded: fsync needs a directory to keep things in: embedded:/directory?fsync=true"
        )
    server = Embedded(Path(place) if kept else shared_directory(place), appendonly=kept, fsync=fsync)
    server.start()
    try:
        return _with(server, _redis([server.url], said))
    except BaseException:
        server.close()
        raise


_OPENERS: Mapping[str, Callable[[str, Keywords], Layer]] = {
    "embedded": _embedded,
    "local": _local,
    **dict.fromkeys(SCHEMES, _brokers),
}


def shared_directory(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the server called ``name`` lives for this user; "" is the one of the working directory.

    ConfigError for what is no name.
    """
    if name and not _NAME.fullmatch(name):
        raise ConfigError(
            f"layer embedded:{name}: a name has letters, digits and _.- only, a directory has a /"
        )
    name = name or "at-" + hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:16]
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    # Directly in a folder that is ours or sticky: nobody else can put another directory in its place.
    folder = runtime if Path(runtime).is_absolute() and os.access(runtime, os.W_OK) else tempfile.gettempdir()
    return Path(folder, f"interfaces-{os.getuid()}-{name}")


def _with(server: Embedded, layer: Layer) -> Layer:
    """The layer, whose close leaves the server too."""
    close = layer.close

    async def both() -> None:
        try:
            await close()
        finally:
            await asyncio.to_thread(server.close)

    layer.close = both  # type: ignore[method-assign]  # a server belongs to this layer, not to its class
    return layer


def _redis(hosts: object, keywords: Keywords) -> Layer:
    return _make("interfaces.layers.redis", "RedisChannelLayer", {"hosts": hosts, **keywords})


def _make(module: str, name: str, keywords: Keywords) -> Layer:
    """Import a layer's module only when it is used: it may need an extra."""
    try:
        made: Layer = getattr(importlib.import_module(module), name)(**keywords)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in {"redis", "hiredis"}:
            raise
        raise ConfigError(f"this layer needs {error.name}: pip install 'asgi-interfaces[redis]'") from None
    return made
