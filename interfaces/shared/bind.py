"""What an operator writes to say where to listen, and the address that came of it. Pure text.

``HOST:PORT`` ``[::1]:PORT`` ``:PORT`` (every address) ``PORT`` (127.0.0.1) ``HOST``; a name means each family
it has. ``unix:PATH[?mode=660]``, ``fd:N``, ``systemd:[NAME]``, ``udp:HOST:PORT``. And Twisted's endpoint
strings, as Daphne's users know them: ``tcp:8000:interface=127.0.0.1``, ``ssl:443:privateKey=K:certKey=C``,
``unix:PATH:mode=660``, ``systemd:domain=INET:index=0``. After ``endpoint:`` always stands an endpoint string;
its kinds that are not among these become ``Bind.kind == "endpoint"``, which needs Twisted to listen.
Refused: URLs, ports beyond 65535, IPv6 addresses with a port but no brackets, arguments nobody would heed.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.tls import TlsFiles

__all__ = ["Address", "Bind", "parse_bind"]

_FORMS = ("endpoint", "tcp", "ssl", "unix", "fd", "systemd", "udp")
_TWISTED = re.compile(r"unix:.*:(mode|backlog|lockfile|wantPID)=|systemd:.*=")
"""What tells Twisted's form of ``unix:`` and ``systemd:`` from ours; begins at the beginning."""
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something listens now, its port known."""

    kind: Literal["tcp", "udp", "unix", "fd", "endpoint"]
    """``fd``: an inherited socket of a family that has neither port nor path; ``endpoint``: what a plug-in of
    Twisted's calls it, in ``path``."""
    host: str = ""
    port: int = 0
    path: str = ""
    tls: bool = False
    through: str = ""
    """Who accepts in our place: "Twisted", or nobody."""

    def __str__(self) -> str:
        return f"{self._where()} (through {self.through})" if self.through else self._where()

    def _where(self) -> str:
        if self.kind == "unix":
            return f"unix:{self.path}"
        if self.kind == "fd":
            return f"fd:{self.port}"
        return self.path if self.kind == "endpoint" else authority(self.host, self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """One place to listen, as it was asked for; :func:`interfaces.shared.sockets.open_sockets` opens it."""

    text: str
    """As it was written: errors quote it, and a supervising process hands sockets over under it."""
    kind: Literal["tcp", "udp", "unix", "fd", "systemd", "endpoint"]
    host: str = ""
    """"" is every address of every family."""
    port: int = 0
    path: str = ""
    mode: int | None = None
    """Permission bits of a unix socket; None leaves them to the umask."""
    fd: int = -1
    """The number after ``fd:``, or the index among systemd's sockets (-1: by ``name``)."""
    name: str = ""
    """systemd's FileDescriptorName; "" takes every socket."""
    tls: TlsFiles | None = None
    """The certificate that an ``ssl:`` endpoint names."""
    backlog: int | None = None


def authority(host: str, port: int) -> str:
    """``host:port``, brackets around an IPv6 address (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_bind(text: str, default_port: int) -> Bind:
    """Read one bind; ConfigError says what of it makes no sense."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in _FORMS:
        host, port = _host_port(text, text, default_port)
        return Bind(text=text, kind="tcp", host=host, port=port)
    if kind in ("endpoint", "tcp", "ssl") or _TWISTED.match(text):
        return _endpoint(text, rest if kind == "endpoint" else text)
    if kind == "unix":
        return _unix(text, rest)
    if kind == "fd":
        return Bind(text=text, kind="fd", fd=_number(text, "descriptor", rest, 1 << 20))
    if kind == "systemd":
        return Bind(text=text, kind="systemd", name=rest)
    host, port = _host_port(text, rest, default_port)
    return Bind(text=text, kind="udp", host=host, port=port)


def _wrong(text: str, why: str) -> ConfigError:
    return ConfigError(f"bind {text}: {why}")


def _number(text: str, what: str, digits: str, limit: int) -> int:
    if not re.fullmatch("[0-9]{1,9}", digits) or int(digits) >= limit:
        raise _wrong(text, f"{digits!r} is no {what} (0 to {limit - 1})")
    return int(digits)


def _port(text: str, digits: str) -> int:
    return _number(text, "port", digits, 1 << 16)


def _host_port(text: str, rest: str, default_port: int) -> tuple[str, int]:
    if "/" in rest:
        raise _wrong(text, "write HOST:PORT without a scheme or path, or unix:PATH")
    if rest.startswith("[") or rest.count(":") > 1:
        return _ipv6_port(text, rest, default_port)
    if rest.isdigit():
        return "127.0.0.1", _port(text, rest)
    host, colon, port = rest.partition(":")
    if colon and host in ("", "*"):
        return "", _port(text, port)
    if not _HOST.fullmatch(host):
        raise _wrong(text, f"{host!r} is no host; write HOST:PORT, unix:PATH, fd:N or systemd:")
    return host, _port(text, port) if colon else default_port


def _ipv6_port(text: str, rest: str, default_port: int) -> tuple[str, int]:
    host, bracket, port = rest[1:].partition("]") if rest.startswith("[") else (rest, "]", "")
    if not bracket or (port and not port.startswith(":")):
        raise _wrong(text, "write an IPv6 address as [ADDRESS]:PORT")
    try:
        IPv6Address(host)
    except ValueError:
        raise _wrong(text, f"{host!r} is no IPv6 address; write it as [ADDRESS]:PORT") from None
    return host, _port(text, port[1:]) if port else default_port


def _unix(text: str, rest: str) -> Bind:
    path, query, option = rest.partition("?")
    name, _, value = option.partition("=")
    if query and name != "mode":
        raise _wrong(text, "the one option of a unix socket is ?mode=660")
    if not path:
        raise _wrong(text, "write unix:PATH")
    return Bind(text=text, kind="unix", path=path, mode=_mode(text, value) if query else None)


def _mode(text: str, digits: str) -> int:
    if not re.fullmatch(r"0?o?[0-7]{3}", digits):
        raise _wrong(text, f"{digits!r} are no permissions; write three octal digits such as mode=660")
    return int(digits[-3:], 8)


_ARGUMENTS = {
    "tcp": ("port", "interface", "backlog"),
    "ssl": ("port", "interface", "backlog", "privateKey", "certKey"),
    "unix": ("address", "mode", "backlog", "lockfile", "wantPID"),
    "systemd": ("domain", "index", "name"),
}
"""The arguments that count for each kind of Twisted's server endpoints; the first may go without its name.

``lockfile`` and ``wantPID`` ask for what is always done: a stale socket is told from a live one.
"""


def _endpoint(text: str, description: str) -> Bind:
    split = re.findall(r"(?:\\.|[^:\\])+", description)
    kind, *parts = [re.sub(r"\\(.)", r"\1", part) for part in split] or [""]
    if not kind:
        raise _wrong(text, "write an endpoint string of Twisted, such as endpoint:tcp:8000")
    if kind not in _ARGUMENTS:
        return Bind(text=text, kind="endpoint", path=description)
    names = _ARGUMENTS[kind]
    arguments: dict[str, str] = {}
    for at, part in enumerate(parts):
        name, equals, value = part.partition("=")
        name, value = (name, value) if equals else (names[0] if at == 0 and kind != "systemd" else part, part)
        if name not in names:
            raise _wrong(text, f"{name!r} is no argument of {kind} here, but {', '.join(names)} are")
        arguments[name] = value
    return _native(text, kind, arguments)


def _native(text: str, kind: str, arguments: dict[str, str]) -> Bind:
    backlog = _number(text, "backlog", arguments["backlog"], 1 << 16) if "backlog" in arguments else None
    if kind == "systemd":
        index = _number(text, "index", arguments["index"], 1 << 16) if "index" in arguments else -1
        return Bind(text=text, kind="systemd", fd=index, name=arguments.get("name", ""))
    if names_missing := {_ARGUMENTS[kind][0]} - arguments.keys():
        raise _wrong(text, f"{kind} needs {names_missing.pop()}")
    if kind == "unix":
        mode = _mode(text, arguments["mode"]) if "mode" in arguments else None
        return Bind(text=text, kind="unix", path=arguments["address"], mode=mode, backlog=backlog)
    tls = None
    if kind == "ssl":
        key = arguments.get("privateKey", "server.pem")
        tls = TlsFiles(cert=arguments.get("certKey", key), key=key)
    host, port = arguments.get("interface", ""), _port(text, arguments["port"])
    return Bind(text=text, kind="tcp", host=host, port=port, tls=tls, backlog=backlog)
