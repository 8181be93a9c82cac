"""Who may stop the process over HTTP: who is on this machine, and no page in a browser there. Pure."""

from ipaddress import ip_address

from interfaces.shared.asgi import Scope

__all__ = ["local", "loopback", "refusal"]

BROWSERS = frozenset({b"origin", b"sec-fetch-site", b"sec-fetch-mode"})
"""What a browser sends, and programs do not: a page elsewhere may post here."""


def refusal(scope: Scope, *, private: bool) -> tuple[int, str] | None:
    """Status and reason for a request that may not stop the process; None for one that may."""
    if scope["method"] != "POST":
        return 405, "POST stops the process gracefully"
    if not private:
        return 403, "only an operations port on a loopback address or a unix socket takes this: send SIGTERM"
    headers = scope["headers"]
    if any(name in BROWSERS for name, _ in headers):
        return 403, "no browser stops a server"
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not local(hosts[0]):
        return 403, f"the Host is not this machine: {', '.join(hosts) or 'none'}"
    return None


def local(host: str) -> bool:
    """Whether a Host names this machine; other names that resolve to it may be tricks (DNS rebinding)."""
    name, colon, port = host.rpartition(":")
    return loopback((name if colon and port.isdigit() else host).strip("[]"))


def loopback(host: str) -> bool:
    """Whether ``host`` is reached from this machine alone."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
