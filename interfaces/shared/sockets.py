"""Sockets from binds: opened here, handed over by number, or given by systemd; every failure is one readable line."""

import errno
import os
import socket
import stat
from collections.abc import Mapping
from typing import Any

from interfaces.shared.bind import Address, Bind, authority
from interfaces.shared.errors import ConfigError

__all__ = ["UnixListener", "address_of", "open_sockets", "take_socket"]

_Info = tuple[socket.AddressFamily, Any]
_TRIES = 8
"""How often one free port is sought for both families."""
_LISTEN_FDS_START = 3
"""sd_listen_fds(3): the first descriptor that systemd passes."""


class UnixListener(socket.socket):
    """A unix socket that takes its file away when it is closed by the process that made it."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self._made: tuple[int, str, int] | None = None

    def bind(self, path: Any) -> None:
        """Bind, and remember which file that made."""
        super().bind(path)
        self._made = (os.getpid(), path, os.stat(path).st_ino)

    def close(self) -> None:
        """Close; a file that somebody put in this one's place stays."""
        made, self._made = self._made, None
        if made is not None and made[0] == os.getpid():
            try:
                if os.stat(made[1]).st_ino == made[2]:
                    os.unlink(made[1])
            except OSError:
                pass
        super().close()


def open_sockets(
    bind: Bind, *, backlog: int = 2048, reuse_port: bool = False, environ: Mapping[str, str] = os.environ
) -> list[socket.socket]:
    """Open what ``bind`` says: bound, streams listening, non-blocking, not inherited by child processes.

    ``backlog`` is the length of the kernel's queue of finished handshakes; ``environ`` holds systemd's variables.
    Raises ConfigError when it cannot be done: the port is taken, not allowed, the address is not here …
    """
    backlog = bind.backlog or backlog
    if bind.kind == "endpoint":
        raise ConfigError(f"--endpoint {bind.path}: this kind of endpoint needs Twisted: install the extra [twisted]")
    if bind.kind == "fd":
        return [take_socket(bind.fd, backlog)]
    if bind.kind == "systemd":
        return [take_socket(fd, backlog) for fd in _systemd_fds(bind, environ)]
    if bind.kind == "unix":
        return [_open_unix(bind, backlog)]
    return _open_inet(bind, backlog, reuse_port)


def take_socket(fd: int, backlog: int = 2048) -> socket.socket:
    """The open socket with the number ``fd``, made ready; it is ours from here on. ConfigError when it is none."""
    try:
        sock = socket.socket(fileno=fd)
        sock.set_inheritable(False)
        sock.setblocking(False)
        if sock.type == socket.SOCK_STREAM and not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            sock.listen(backlog)
    except OSError as error:
        raise ConfigError(f"fd:{fd}: descriptor {fd} is no socket to listen on ({error.strerror})") from None
    return sock


def address_of(sock: socket.socket, *, tls: bool = False) -> Address:
    """Where ``sock`` is bound."""
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return Address(kind="unix", path=os.fsdecode(name), tls=tls)
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return Address(kind="fd", port=sock.fileno(), tls=tls)
    return Address(kind="udp" if sock.type == socket.SOCK_DGRAM else "tcp", host=name[0], port=name[1], tls=tls)


def _systemd_fds(bind: Bind, environ: Mapping[str, str]) -> list[int]:
    if environ.get("LISTEN_PID") != str(os.getpid()):
        raise ConfigError(f"--bind {bind.text}: systemd passed no sockets to this process (LISTEN_PID is not ours)")
    count = int(environ.get("LISTEN_FDS", "0"))
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (count - len(names))
    found = [_LISTEN_FDS_START + at for at in range(count) if bind.name in ("", names[at]) and bind.fd in (-1, at)]
    if not found:
        raise ConfigError(f"--bind {bind.text}: systemd passed {count} sockets ({', '.join(names)}), none of them this")
    return found


def _open_unix(bind: Bind, backlog: int) -> socket.socket:
    _remove_stale(bind)
    sock = UnixListener()
    try:
        sock.bind(bind.path)
        if bind.mode is not None:
            # Before listen(): until then nobody can connect, so no moment has other permissions.
            os.chmod(bind.path, bind.mode)
        sock.listen(backlog)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise ConfigError(f"--bind {bind.text}: cannot make {bind.path} ({error.strerror or error})") from None
    return sock


def _remove_stale(bind: Bind) -> None:
    try:
        found = os.lstat(bind.path).st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(found):
        raise ConfigError(f"--bind {bind.text}: {bind.path} is there and is no socket; it is left alone")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(bind.path)
        except ConnectionRefusedError:
            os.unlink(bind.path)
            return
        except OSError as error:
            raise ConfigError(f"--bind {bind.text}: {bind.path} cannot be tried ({error.strerror or error})") from None
    raise ConfigError(f"--bind {bind.text}: another process listens on {bind.path}; stop it or choose another path")


def _open_inet(bind: Bind, backlog: int, reuse_port: bool) -> list[socket.socket]:
    infos = _resolve(bind)
    for attempt in range(_TRIES):
        opened: list[socket.socket] = []
        port = bind.port
        try:
            for family, host in infos:
                sock = _open_one(bind, family, (host, port), reuse_port)
                if sock is not None:
                    opened.append(sock)
                    port = sock.getsockname()[1]
            if not opened:
                raise OSError(errno.EADDRNOTAVAIL, "no address of it is here")
            for sock in opened:
                if sock.type == socket.SOCK_STREAM:
                    sock.listen(backlog)
            return opened
        except OSError as error:
            for sock in opened:
                sock.close()
            free_elsewhere = bind.port == 0 and opened and error.errno == errno.EADDRINUSE
            if not free_elsewhere or attempt == _TRIES - 1:
                raise _readable(bind, port, error) from None
    raise AssertionError("the last attempt returns or raises")


def _resolve(bind: Bind) -> list[_Info]:
    kind = socket.SOCK_DGRAM if bind.kind == "udp" else socket.SOCK_STREAM
    try:
        found = socket.getaddrinfo(bind.host or None, bind.port, type=kind, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(f"--bind {bind.text}: the host {bind.host!r} is not known ({error.strerror})") from None
    infos: dict[_Info, None] = {(family, address[0]): None for family, _, _, _, address in found}
    return sorted(infos, key=lambda info: info[0] != socket.AF_INET)


def _open_one(bind: Bind, family: int, address: tuple[Any, int], reuse_port: bool) -> socket.socket | None:
    """One bound socket; None where this family is not there but another may be."""
    kind = socket.SOCK_DGRAM if bind.kind == "udp" else socket.SOCK_STREAM
    sock = None
    try:
        sock = socket.socket(family, kind)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # Its own socket for each family: a client's IPv4 address never shows as ::ffff:192.0.2.1.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.setblocking(False)
        return sock
    except OSError as error:
        if sock is not None:
            sock.close()
        if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            return None
        raise


def _readable(bind: Bind, port: int, error: OSError) -> ConfigError:
    where = f"port {port} on {bind.host or 'every address'}"
    if error.errno == errno.EADDRINUSE:
        return ConfigError(f"--bind {bind.text}: {where} is in use; stop what listens there or choose another port")
    if error.errno == errno.EACCES:
        return ConfigError(f"--bind {bind.text}: {where} is not allowed to this user; choose a port above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"--bind {bind.text}: this machine has no address {authority(bind.host, port)}")
    return ConfigError(f"--bind {bind.text}: cannot listen ({error.strerror or error})")
