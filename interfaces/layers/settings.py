"""The options of RedisChannelLayer: which brokers, how they are reached, and the limits of a connection.

``hosts`` takes what channels_redis takes: ``"redis://…"``, ``"rediss://…"``, ``"unix://…"``, ``(host, port)``,
``{"address": url, …}``, ``{"host": …, "port": …}`` and ``{"sentinels": [(host, port)…], "master_name": …}``, and
``"redis+sentinel://host,host/master_name"``. Several hosts are shards. Pure: nothing is connected here.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean

__all__ = ["HOST_KEYS", "SCHEMES", "Host", "Settings"]

_COMMON = {
    "db": int, "username": str, "password": str, "client_name": str, "protocol": int,
    "socket_connect_timeout": float, "credential_provider": None, "driver_info": None,
}  # fmt: skip
_TCP = {"host": str, "port": int, "socket_keepalive": bool, "socket_keepalive_options": None,
        "socket_type": int}  # fmt: skip
_TLS = {
    "ssl_keyfile": str, "ssl_certfile": str, "ssl_cert_reqs": str, "ssl_ca_certs": str, "ssl_ca_data": str,
    "ssl_ca_path": str, "ssl_check_hostname": bool, "ssl_ciphers": str, "ssl_password": str,
    "ssl_min_version": int, "ssl_include_verify_flags": None, "ssl_exclude_verify_flags": None,
}  # fmt: skip
_SENTINEL = {"sentinels": None, "master_name": str, "sentinel_kwargs": None}
_POOL = frozenset({
    "max_connections", "socket_timeout", "socket_read_size", "timeout", "health_check_interval", "retry",
    "retry_on_timeout", "retry_on_error", "encoding", "encoding_errors", "decode_responses",
    "legacy_responses",
})  # fmt: skip
"""What redis-py's pool or reader takes. Taken and left alone: there is no pool, an idle connection has no
timeout, and what is dead is found by pinging."""
HOST_KEYS: Mapping[str, Any] = {
    **_COMMON, **_TCP, **_TLS, **_SENTINEL, "path": str, "ssl": bool, "address": str,
    **dict.fromkeys(_POOL),
}  # fmt: skip
"""Every key of a host, with the type that a text becomes; None cannot be said in a URL."""
SCHEMES = {
    "redis": "tcp", "valkey": "tcp", "rediss": "tls", "valkeys": "tls", "unix": "unix",
    "redis+sentinel": "sentinel", "rediss+sentinel": "sentinel",
}  # fmt: skip
"""How a broker's URL may begin, and how the rest of it is read."""
_REFUSED_CLUSTER = "Redis Cluster is not served yet: name the shards as several hosts, or one broker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One broker."""

    arguments: Mapping[str, Any] = field(repr=False)
    """Keywords of redis-py's connection class; no ``host`` and ``port`` where Sentinel tells them."""
    tls: bool = False
    sentinels: tuple[tuple[str, int], ...] = ()
    """Whom to ask for the master; empty without Sentinel."""
    master_name: str = ""
    sentinel_arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Keywords for the connections to the sentinels (their own password, TLS …)."""

    @property
    def name(self) -> str:
        """How logs and errors call it: no user, no password."""
        if self.sentinels:
            return f"{self.master_name}@" + ",".join(f"{host}:{port}" for host, port in self.sentinels)
        if "path" in self.arguments:
            return f"unix:{self.arguments['path']}"
        return f"{self.arguments['host']}:{self.arguments['port']}"

    @classmethod
    def of(cls, entry: object) -> Self:
        """From one item of ``hosts``; ConfigError for what it cannot be."""
        if isinstance(entry, bytes):
            entry = entry.decode()
        if isinstance(entry, str):
            return cls._from_keys(_from_url(entry))
        if isinstance(entry, Mapping):
            return cls._from_keys(_from_mapping(entry))
        if isinstance(entry, (tuple, list)) and len(entry) == 2:
            return cls._from_keys({"host": entry[0], "port": entry[1]})
        raise ConfigError(f"hosts: {entry!r} is no redis:// URL, (host, port) or dictionary")

    @classmethod
    def _from_keys(cls, keys: dict[str, Any]) -> Self:
        _check(keys)
        tls = bool(keys.pop("ssl", False))
        try:
            sentinels = tuple((str(host), int(port)) for host, port in keys.pop("sentinels", None) or ())
        except (TypeError, ValueError):
            raise ConfigError("hosts: sentinels is a list of (host, port)") from None
        master, asking = str(keys.pop("master_name", None) or ""), keys.pop("sentinel_kwargs", None) or {}
        if bool(sentinels) != bool(master):
            raise ConfigError("hosts: sentinels and master_name belong together")
        if not sentinels and "path" not in keys:
            keys = {"host": "localhost", "port": 6379, **keys}
        return cls(
            arguments=keys, tls=tls, sentinels=sentinels, master_name=master, sentinel_arguments=asking
        )


def _check(keys: dict[str, Any]) -> None:
    """Refuse unknown keys and values that cannot be; drop what only a pool uses."""
    for key in [*keys]:
        if key not in HOST_KEYS:
            raise ConfigError(f"hosts: unknown key {key!r}{did_you_mean(key, HOST_KEYS)}")
        if key in _POOL or keys[key] is None:
            del keys[key]
    for key in keys.keys() & {"db", "port", "protocol"}:
        if not str(keys[key]).isdigit():
            raise ConfigError(f"hosts: {key}={keys[key]!r}: expected a number")
        keys[key] = int(keys[key])
    if keys.get("protocol", 2) not in {2, 3}:
        raise ConfigError(f"hosts: protocol={keys['protocol']}: expected 2 or 3")
    _check_together(keys)


def _check_together(keys: dict[str, Any]) -> None:
    """Refuse keys that contradict each other."""
    if not keys.get("ssl") and (lone := [key for key in keys if key in _TLS]):
        raise ConfigError(f"hosts: {lone[0]} needs TLS: rediss://, or ssl=True")
    if keys.get("path") and (keys.keys() & (_TCP.keys() | {"sentinels"}) or keys.get("ssl")):
        raise ConfigError("hosts: a unix socket has a path only: no host, port, ssl or sentinels")


def _from_mapping(entry: Mapping[str, Any]) -> dict[str, Any]:
    keys = dict(entry)
    for cluster in ("startup_nodes", "cluster", "cluster_mode"):
        if keys.pop(cluster, None):
            raise ConfigError(_REFUSED_CLUSTER)
    address = keys.pop("address", None)
    if isinstance(address, (tuple, list)) and len(address) == 2:
        return {"host": address[0], "port": address[1], **keys}
    return {**_from_url(str(address)), **keys} if address else keys


def _from_url(url: str) -> dict[str, Any]:
    """The keys that a URL says: authority, path, then the query."""
    parts = urlsplit(url)
    kind = SCHEMES.get(parts.scheme)
    if kind is None:
        if "cluster" in parts.scheme:
            raise ConfigError(_REFUSED_CLUSTER)
        raise ConfigError(f"hosts: {_shown(url)}: expected {', '.join(f'{name}://' for name in SCHEMES)}")
    keys: dict[str, Any] = {}
    if parts.username:
        keys["username"] = unquote(parts.username)
    if parts.password:
        keys["password"] = unquote(parts.password)
    if parts.scheme.startswith(("rediss", "valkeys")):
        keys["ssl"] = True
    try:
        keys |= _READERS[kind](parts.netloc.rpartition("@")[2], unquote(parts.path))
        keys |= {
            key: _from_text(key, text)
            for key, text in parse_qsl(parts.query, strict_parsing=bool(parts.query))
        }
    except ValueError as error:
        raise ConfigError(f"hosts: {_shown(url)}: {error}") from None
    if kind == "sentinel" and keys.get("ssl"):
        keys["sentinel_kwargs"] = {key: value for key, value in keys.items() if key.startswith("ssl")}
    return keys


def _tcp(netloc: str, path: str) -> dict[str, Any]:
    host, port = _address(netloc, 6379)
    return {"host": host, "port": port} | _db(path.strip("/"))


def _unix(netloc: str, path: str) -> dict[str, Any]:
    if netloc or not path.startswith("/"):
        raise ValueError("expected unix:///absolute/path")
    return {"path": path}


def _sentinel(netloc: str, path: str) -> dict[str, Any]:
    master, _, db = path.strip("/").partition("/")
    if not master:
        raise ValueError("expected redis+sentinel://host:port,host:port/master_name")
    return {"sentinels": [_address(one, 26379) for one in netloc.split(",")], "master_name": master} | _db(db)


_READERS = {"tcp": _tcp, "tls": _tcp, "unix": _unix, "sentinel": _sentinel}


def _address(netloc: str, port: int) -> tuple[str, int]:
    if "," in netloc:
        raise ValueError("several brokers are a URL each: redis://a,redis://b")
    parts = urlsplit(f"//{netloc}")
    return unquote(parts.hostname or "localhost"), parts.port or port


def _db(text: str) -> dict[str, Any]:
    if text and not text.isdigit():
        raise ValueError(f"{text!r} is no database number")
    return {"db": int(text)} if text else {}


def _from_text(key: str, text: str) -> Any:
    """A value of a URL's query; an unknown key is refused later, with the others."""
    kind = HOST_KEYS.get(key, str)
    if kind is bool:
        return text.lower() not in {"", "0", "f", "false", "n", "no", "off"}
    if kind is None and key not in _POOL:
        raise ValueError(f"{key} cannot be said in a URL")
    return kind(text) if kind else text


def _shown(url: str) -> str:
    """A URL without its password and query."""
    return re.sub(r"//[^/@]*@", "//***@", url.partition("?")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What RedisChannelLayer's keywords say, checked. All times are seconds."""

    hosts: tuple[Host, ...] = ()
    prefix: str = "asgi"
    """What every key and channel at the broker begins with."""
    symmetric_encryption_keys: tuple[str | bytes, ...] = field(default=(), repr=False)
    """The first encrypts, all decrypt; empty: nothing is encrypted."""
    signing_keys: tuple[str | bytes, ...] = field(default=(), repr=False)
    """The first signs, all verify; empty: nothing is signed."""
    timeout: float = 2.0
    """How long a command waits for a lost broker to come back before it fails with Unavailable."""
    connect_timeout: float = 5.0
    """The longest that dialling, with TLS, AUTH and asking the sentinels, may take."""
    retry_first: float = 0.05
    """Before the second attempt to connect; doubles, with jitter, up to ``retry_most``."""
    retry_most: float = 5.0
    ping_interval: float = 5.0
    """A connection that was silent for so long is pinged …"""
    ping_timeout: float = 5.0
    """… and given up when it says nothing for so long after that."""
    clock_interval: float = 30.0
    """How often the broker is asked for its time."""
    commands_in_flight: int = 65_536
    """Commands without a reply on one connection; beyond, a command is refused with Unavailable."""
    bytes_in_flight: int = 64 << 20
    """Bytes that wait to be written on one connection; beyond, a command is refused with Unavailable."""
    subscribe_batch: int = 1000
    """Names in one SUBSCRIBE."""
    window: int = 1 << 20
    """Bytes that one process may have on the way to another, unacknowledged."""

    @classmethod
    def of(cls, hosts: object = None, **keywords: Any) -> Self:
        """From RedisChannelLayer's keywords, less those of every layer (expiry, capacity …).

        Raises ConfigError, one line, for what cannot be.
        """
        known = {item.name: item for item in fields(cls)}
        for key, value in keywords.items():
            if key not in known:
                raise ConfigError(f"RedisChannelLayer: unknown keyword {key!r}{did_you_mean(key, known)}")
            _check_number(key, value, known[key].default)
        for key in ("symmetric_encryption_keys", "signing_keys"):
            keywords[key] = _keys(key, keywords.get(key))
        _check_prefix(keywords.get("prefix", ""))
        return cls(hosts=_hosts(hosts), **keywords)


def _hosts(hosts: object) -> tuple[Host, ...]:
    if not hosts:
        hosts = [("localhost", 6379)]
    if isinstance(hosts, (str, bytes, Mapping)):
        hosts = [hosts]
    if not isinstance(hosts, Iterable):
        raise ConfigError(f"hosts={hosts!r}: expected a list of brokers")
    found = tuple(Host.of(entry) for entry in hosts)
    for n, host in enumerate(found):
        if host in found[:n]:
            raise ConfigError(f"hosts: {host.name} is there twice, and a broker is one shard")
    return found


def _check_number(key: str, value: object, default: object) -> None:
    """A time, a size or a count is a number above zero; a whole one where a part of one is nothing."""
    if not isinstance(default, (int, float)):
        return
    kind = "whole number" if isinstance(default, int) else "number"
    kinds = int if isinstance(default, int) else (int, float)
    fits = isinstance(value, kinds) and not isinstance(value, bool)
    if not fits or not (math.isfinite(value) and value > 0):  # type: ignore[arg-type,operator]
        raise ConfigError(f"{key}={value!r}: expected a {kind} above 0, such as {default:g}")


def _check_prefix(prefix: object) -> None:
    """A text that has bytes: half of a surrogate pair has none."""
    if not isinstance(prefix, str) or any("\ud800" <= letter <= "\udfff" for letter in prefix):
        raise ConfigError(f"prefix={prefix!r}: expected a text")


def _keys(key: str, value: object) -> tuple[str | bytes, ...]:
    """A list of keys; one text would be a list of one-letter keys."""
    if value is None:
        return ()
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ConfigError(f"{key}: expected a list of keys, even if there is one")
    keys = tuple(value)
    if not all(isinstance(one, (str, bytes)) and one for one in keys):
        raise ConfigError(f"{key}: a key is a text or bytes, and not empty")
    return keys
