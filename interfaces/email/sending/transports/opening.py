"""A transport from the URL that names it.

``smtp://USER:PASSWORD@HOST:587`` · ``smtps://HOST`` · ``lmtp://HOST:24`` · ``lmtp+unix:///PATH`` · ``maildir:///PATH``
· ``file:///FOLDER`` · ``memory:NAME`` · ``django:`` or ``django:PATH.TO.BACKEND``
"""

import os
import re
import ssl
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from interfaces.email.sending.addresses import domain
from interfaces.email.sending.outgoing import Transport
from interfaces.email.sending.transports.dialogue import Times
from interfaces.email.sending.transports.folder import Folder, Maildir
from interfaces.email.sending.transports.memory import Memory
from interfaces.email.sending.transports.smarthost import Server, Smarthost
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["redacted", "transport"]

_TLS = ("starttls", "offered", "off")
_DJANGO = "interfaces.django.mail_transport"
_USER = re.compile(r"(?:[^:/]*:)?//[^:]*(?=:)")
_HOST = re.compile(r"(?P<user>(?:[^:/]*:)?//[^:/?#\[]*):(?P<port>[^/?#]*)")
_UNKNOWN = re.compile(r"([?&](?!(?:tls|ca|timeout|connections)=)[^=&]*=)[^&]*")


def transport(url: str, *, host: str) -> Transport:
    """What ``url`` names. ``host``: our name. ConfigError, one line without the password, for a wrong one."""
    try:
        name = domain(host, "the name of this host")
    except ApplicationError as error:
        raise ConfigError(f"{error}; say another one: --email-hostname mx.example.org") from None
    try:
        parts = _split(url)
        ready = _KINDS.get(parts.scheme.lower())
        if ready is None:
            raise ValueError(f"it begins with one of {', '.join(f'{kind}:' for kind in _KINDS)}")
        return ready(parts, name)
    except (ValueError, OSError) as error:
        raise ConfigError(f"--email-send {redacted(url)}: {error}") from None


def _split(url: str) -> SplitResult:
    """Its parts. What is wrong with them is said without them: they may hold a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("the host is none; signs such as [ / @ : are written as %XX in a password") from None
    if not parts.username and "@" in f"{parts.query}{parts.fragment}":
        raise ValueError("signs such as / ? # @ : are written as %XX in a user and a password")
    return parts


def redacted(url: str) -> str:
    """``url`` for people to read: without what stands between the user and the host, or may be a password."""
    place, at, after = url.rpartition("@")
    if not at:
        return _hostless(url)
    user = _USER.match(place)
    if user is not None:
        return f"{user[0]}:***@{_shown(after)}"
    kind, colon, rest = place.partition(":")
    if not colon or rest.startswith("//"):  # a user alone, or a sign in a path
        return _shown(url)
    return f"{kind}:***@{_shown(after)}" if kind.lower() in _KINDS else f"***@{_shown(after)}"


def _hostless(url: str) -> str:
    """One without "@": USER:PASSWORD stands where HOST:PORT may stand."""
    found = _HOST.match(url)
    number = found is not None and found["port"].isdigit() and len(found["port"]) <= len("65535")
    return _shown(url) if found is None or number else f"{found['user']}:***"


def _shown(text: str) -> str:
    """A part of a URL without the values of words that are none of ours."""
    return _UNKNOWN.sub(r"\1***", text)


def _server(parts: SplitResult, host: str) -> Smarthost:
    """SMTP or LMTP over TCP."""
    scheme = parts.scheme.lower()
    if not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(f"write {scheme}://HOST, or {scheme}://USER:PASSWORD@HOST:PORT")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(
            "a user needs a password, and that a user; signs such as / @ : are written as %XX in them"
        )
    words = _words(parts, {"tls", "ca", "timeout", "connections"})
    tls = _tls(scheme, words.get("tls"), user)
    server = Server(
        host=_host(parts.hostname),
        port=_port(parts) or {"smtp": 587 if user else 25, "smtps": 465, "lmtp": 24}[scheme],
        lmtp=scheme == "lmtp",
        tls=tls,
        context=_context(tls, words.get("ca")),
        user=user,
        password=password,
        **_numbers(words),
    )
    return Smarthost(server, host)


def _host(name: str) -> str:
    """Where to connect: an address, or a name that one can be asked for."""
    if ":" in name:  # [IPv6]
        return name
    try:
        return domain(name.removesuffix("."), "the host")
    except ApplicationError as error:
        raise ValueError(error) from None


def _tls(scheme: str, said: str | None, user: str) -> str:
    """How TLS begins: before a password in any case, unless somebody says that the network is trusted."""
    if scheme == "smtps":
        if said is not None:
            raise ValueError(f"tls is one of {', '.join(_TLS)}, and smtps:// needs none")
        return "implicit"
    found = said or ("starttls" if user else "offered")
    if found not in _TLS:
        raise ValueError(f"tls is one of {', '.join(_TLS)}, and smtps:// needs none")
    if user and found == "offered":
        raise ValueError("a password needs tls=starttls, or tls=off where the network is trusted")
    return found


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:  # its text has what may be a password whose "@HOST" was forgotten
        raise ValueError("the port is a number up to 65535") from None


def _unix(parts: SplitResult, host: str) -> Smarthost:
    """LMTP, or SMTP, over a unix socket: the file system says who may."""
    words = _words(parts, {"timeout", "connections"})
    lmtp = parts.scheme.lower() == "lmtp+unix"
    return Smarthost(
        Server(path=str(_path(parts)), host="localhost", lmtp=lmtp, tls="off", **_numbers(words)), host
    )


def _context(tls: str, authorities: str | None) -> ssl.SSLContext | None:
    """How the server is known; who takes TLS when it is offered knows it by nothing (RFC 7435)."""
    if tls == "off":
        return None
    context = ssl.create_default_context(cafile=authorities)
    if tls == "offered" and authorities is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _words(parts: SplitResult, known: set[str]) -> dict[str, str]:
    """What stands behind the "?"."""
    words = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    if parts.fragment or not words.keys() <= known:
        unknown = sorted(words.keys() - known) or [f"#{parts.fragment}"]
        raise ValueError(f"it knows no {unknown[0]!r}; it knows {', '.join(sorted(known))}")
    return words


def _numbers(words: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "timeout" in words:
        seconds = _number(words["timeout"])
        if not 0 < seconds <= 3600:
            raise ValueError("timeout is 1 to 3600 seconds")
        found["times"] = Times(connect=seconds, command=seconds, end=2 * seconds)
    if "connections" in words:
        number = _number(words["connections"])
        if not (1 <= number <= 1000 and number == int(number)):
            raise ValueError("connections is 1 to 1000")
        found["connections"] = int(number)
    return found


def _number(text: str) -> float:
    """A number; 0, which nothing may be here, for anything else."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def _path(parts: SplitResult) -> Path:
    if parts.netloc or not parts.path.startswith("/") or parts.path == "/":
        raise ValueError(f"write {parts.scheme}:///PATH, three slashes before an absolute path")
    return Path(unquote(parts.path))


def _maildir(parts: SplitResult, host: str) -> Maildir:
    _words(parts, set())
    return Maildir(_writable(_path(parts)), host)


def _folder(parts: SplitResult, host: str) -> Folder:
    _words(parts, set())
    return Folder(_writable(_path(parts)), host)


def _writable(path: Path) -> Path:
    """``path``, if it is a folder to write into, or can be made one."""
    there = next(one for one in (path, *path.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{there} is no folder that may be written to")
    return path


def _memory(parts: SplitResult, host: str) -> Memory:
    return Memory(parts.path)


def _django(parts: SplitResult, host: str) -> Transport:
    """Its own folder needs Django, which is an extra."""
    try:
        found: Transport = import_module(_DJANGO).DjangoTransport(parts.path)
    except ImportError as error:
        raise ValueError(f"{error}; pip install 'asgi-interfaces[django]', or another backend") from error
    return found


_KINDS: dict[str, Callable[[SplitResult, str], Transport]] = {
    "smtp": _server,
    "smtps": _server,
    "lmtp": _server,
    "lmtp+unix": _unix,
    "smtp+unix": _unix,
    "maildir": _maildir,
    "file": _folder,
    "memory": _memory,
    "django": _django,
}
