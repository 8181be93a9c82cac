"""Sockets from binds: opened here, handed over by number, or given by systemd. A failure is one line."""

import errno
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from interfaces.shared.bind import Address, Bind, authority
from interfaces.shared.errors import ConfigError

__all__ = ["UnixListener", "address_of", "open_sockets", "take_socket"]

_TRIES = 8
"""How often one free port is sought for both families."""
_LOCALHOST = ("127.0.0.1", "::1")
_LISTEN_FDS_START = 3
"""sd_listen_fds(3): the first descriptor that systemd passes."""


class UnixListener(socket.socket):
    """A unix socket that takes its file away when it is closed by the process that made it."""

    __slots__ = ("_inode", "_made", "_pid")

    def __init__(self) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self._made: Path | None = None

    def bind(self, path: Any) -> None:
        """Bind, and remember which file that made."""
        super().bind(path)
        self._made, self._pid = Path(path), os.getpid()
        self._inode = self._made.stat().st_ino

    def close(self) -> None:
        """Close; a file that somebody put in this one's place stays."""
        made, self._made = self._made, None
        super().close()
        try:
            if made is not None and self._pid == os.getpid() and made.stat().st_ino == self._inode:
                made.unlink()
        except OSError:
            pass


def open_sockets(
    bind: Bind, *, backlog: int = 2048, reuse_port: bool = False, environ: Mapping[str, str] = os.environ
) -> list[socket.socket]:
    """Open what ``bind`` says: bound, streams listening, non-blocking, not inherited by child processes.

    ``backlog`` is the length of the kernel's queue of finished handshakes; ``environ`` holds systemd's
    variables. Raises ConfigError when it cannot be done: the port is taken or not allowed, the address is
    not here, the path is somebody's …
    """
    backlog = bind.backlog or backlog
    if bind.kind == "endpoint":
        raise ConfigError(f"bind {bind.text}: this kind of endpoint listens through Twisted, without sockets")
    if bind.kind == "fd":
        return [take_socket(bind.fd, backlog)]
    if bind.kind == "systemd":
        return [take_socket(fd, backlog) for fd in _systemd_fds(bind, environ)]
    if bind.kind == "unix":
        return [_open_unix(bind, backlog)]
    return _open_inet(bind, backlog, reuse_port)


def take_socket(fd: int, backlog: int = 2048) -> socket.socket:
    """The open socket with the number ``fd``, made ready, ours from here on. ConfigError when it is none."""
    sock = None
    try:
        sock = socket.socket(fileno=fd)
        sock.set_inheritable(False)
        sock.setblocking(False)
        if sock.type == socket.SOCK_STREAM and not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            _require_bound(sock)
            sock.listen(backlog)
    except OSError as error:
        if sock is not None:
            sock.detach()
        raise ConfigError(f"fd:{fd}: no socket that can listen has this number ({error.strerror})") from None
    return sock


def _require_bound(sock: socket.socket) -> None:
    """Refuse an end of a connection, and a socket that would get a port nobody knows."""
    name = sock.getsockname()
    if not name or (sock.family != socket.AF_UNIX and name[1] == 0):
        raise OSError(errno.EINVAL, "it is not bound")


def address_of(sock: socket.socket, *, tls: bool = False) -> Address:
    """Where ``sock`` is bound."""
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return Address(kind="unix", path=os.fsdecode(name), tls=tls)
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return Address(kind="fd", port=sock.fileno(), tls=tls)
    kind: Literal["tcp", "udp"] = "udp" if sock.type == socket.SOCK_DGRAM else "tcp"
    return Address(kind=kind, host=name[0], port=name[1], tls=tls)


def _systemd_fds(bind: Bind, environ: Mapping[str, str]) -> list[int]:
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(os.getpid()) or not count.isdigit():
        raise ConfigError(f"bind {bind.text}: systemd passed no sockets to this process (LISTEN_PID)")
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (int(count) - len(names))
    found = [at for at in range(int(count)) if bind.name in ("", names[at]) and bind.fd in (-1, at)]
    if not found:
        had = ", ".join(names) or "none"
        raise ConfigError(f"bind {bind.text}: not among the sockets that systemd passed ({had})")
    return [_LISTEN_FDS_START + at for at in found]


def _open_unix(bind: Bind, backlog: int) -> socket.socket:
    _remove_stale(bind)
    sock = UnixListener()
    try:
        sock.bind(bind.path)
        if bind.mode is not None:
            # Before listen(): until then nobody can connect, so no moment has other permissions.
            Path(bind.path).chmod(bind.mode)
        sock.listen(backlog)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise ConfigError(f"bind {bind.text}: cannot be made ({error.strerror or error})") from None
    return sock


def _remove_stale(bind: Bind) -> None:
    path = Path(bind.path)
    try:
        found = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(found):
        raise ConfigError(f"bind {bind.text}: {path} is there, is no socket, and is left alone")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(bind.path)
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(f"bind {bind.text}: cannot tell whether {path} is in use ({why})") from None
    raise ConfigError(f"bind {bind.text}: another process listens there; stop it or choose another path")


_Resolved = list[tuple[socket.AddressFamily, Any]]


def _open_inet(bind: Bind, backlog: int, reuse_port: bool) -> list[socket.socket]:
    resolved = _resolve(bind)
    for _ in range(_TRIES):
        opened: list[socket.socket] = []
        try:
            for family, address in resolved:
                # The port that the first got when any would do: one port for both families.
                port = opened[0].getsockname()[1] if opened else bind.port
                opened += _open_one(bind, family, (address[0], port, *address[2:]), reuse_port)
            for sock in opened:
                if sock.type == socket.SOCK_STREAM:
                    sock.listen(backlog)
        except OSError as error:
            for sock in opened:
                sock.close()
            if bind.port != 0 or error.errno != errno.EADDRINUSE:
                raise _readable(bind, error) from None
        else:
            if not opened:
                raise _readable(bind, OSError(errno.EADDRNOTAVAIL, ""))
            return opened
    raise ConfigError(f"bind {bind.text}: found no port that is free for IPv4 and IPv6 alike; name one")


def _resolve(bind: Bind) -> _Resolved:
    kind = socket.SOCK_DGRAM if bind.kind == "udp" else socket.SOCK_STREAM
    # Browsers try both for localhost (RFC 6761 §6.3), whatever /etc/hosts says.
    hosts = _LOCALHOST if bind.host == "localhost" else (bind.host or None,)
    try:
        found = [
            info
            for host in hosts
            for info in socket.getaddrinfo(host, bind.port, type=kind, flags=socket.AI_PASSIVE)
        ]
    except OSError as error:
        raise ConfigError(f"bind {bind.text}: {bind.host} is not known here ({error.strerror})") from None
    each = {(family, address): None for family, _, _, _, address in found}
    return sorted(each, key=lambda one: one[0] != socket.AF_INET)


def _open_one(bind: Bind, family: int, address: Any, reuse_port: bool) -> list[socket.socket]:
    """One bound socket; none where this family or address is not there, but another may be."""
    sock = None
    try:
        if bind.kind == "udp":
            sock = socket.socket(family, socket.SOCK_DGRAM)
        else:
            # Named, because asyncio sets TCP_NODELAY only where it reads IPPROTO_TCP.
            sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # A socket for each family: a client's IPv4 address never shows as ::ffff:192.0.2.1.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(address)
    except OSError as error:
        if sock is not None:
            sock.close()
        if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            return []
        raise
    return [sock]


def _readable(bind: Bind, error: OSError) -> ConfigError:
    host = bind.host or "every address"
    where = f"bind {bind.text}: port {bind.port} on {host}"
    if error.errno == errno.EADDRINUSE:
        return ConfigError(f"{where} is in use; stop what listens there, or choose another port")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(f"{where} is not allowed to this user; choose a port above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"bind {bind.text}: {authority(host, bind.port)} is no address of this machine")
    return ConfigError(f"{where} cannot be had ({error.strerror or error})")
