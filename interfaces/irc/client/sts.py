"""Strict transport security of IRCv3 (sts). Pure.

Without TLS a server names the port that has it: we go there, and say nothing more. With TLS it says for how long we
must not come without. What is remembered lives as long as the process.
"""

from dataclasses import dataclass

from interfaces.shared.errors import Unavailable

__all__ = ["HOSTS", "Policies", "Upgrade", "read"]

HOSTS = 1000
"""Hosts that are remembered."""
LONGEST = 10 * 366 * 86400
"""Seconds that a policy may last."""


class Upgrade(Unavailable):
    """The server wants to be spoken to with TLS, at ``port``."""

    def __init__(self, port: int) -> None:
        super().__init__(f"the server asks for TLS at port {port}")
        self.port = port


def read(value: str) -> dict[str, str]:
    """The keys of ``duration=1,port=2,preload``."""
    return {key: said for key, _, said in (one.partition("=") for one in value.split(",")) if key}


def _number(text: str, most: int) -> int | None:
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 20 else None


@dataclass(slots=True)
class _Policy:
    port: int
    duration: int
    until: float


class Policies:
    """What hosts have asked for. Times are Unix seconds."""

    def __init__(self) -> None:
        self._known: dict[str, _Policy] = {}

    def __repr__(self) -> str:
        return f"<Policies of {len(self._known)} hosts>"

    def port(self, host: str, now: float) -> int | None:
        """The port of ``host`` that has TLS, where it must be that; None: as one likes."""
        policy = self._known.get(host.lower())
        if policy is None or policy.until <= now:
            return None
        return policy.port

    def plain(self, value: str) -> None:
        """A server says ``value`` without TLS. Raises Upgrade, unless it names no port."""
        port = _number(read(value).get("port", ""), 1 << 20)
        if port and port < 65536:
            raise Upgrade(port)

    def secure(self, host: str, port: int, value: str, now: float) -> None:
        """A server that was reached with TLS says ``value``."""
        duration = _number(read(value).get("duration", ""), LONGEST)
        if duration is None:
            return
        self._known.pop(host.lower(), None)
        if duration:
            if len(self._known) >= HOSTS:
                del self._known[next(iter(self._known))]
            self._known[host.lower()] = _Policy(port, duration, now + duration)

    def left(self, host: str, now: float) -> None:
        """A connection with TLS has ended: its time begins anew."""
        policy = self._known.get(host.lower())
        if policy is not None and policy.until > now:
            policy.until = now + policy.duration
