"""Who may ask the console: a page of its own, on this machine. Pure.

The Host has to be a loopback name or address with the console's port: a name of an attacker's that is pointed here (DNS
rebinding) is none. What changes something has to have a header of ours, which a page of another origin cannot send
without being asked for leave, which nobody gives; and where there is an Origin, it has to be the Host's.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from interfaces.shared.bind import Bind, parse_bind
from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import refusal

__all__ = ["CSP", "HEADER", "HEADERS", "MAIL_CSP", "checked_bind", "let_in"]

PORT = 8088
HEADER = b"x-interfaces-console"
"""What has to be there, with any value, in what is not a GET."""
CSP = (
    b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)
MAIL_CSP = b"sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""Of the HTML of a mail: no script, no form, nothing fetched, an origin of its own."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""Of every answer."""
SAFE = frozenset({"GET", "HEAD"})
ALONE = frozenset({b"same-origin", b"none", b""})
"""What a browser says of requests by our own page, or by a person; of others only a link to the page is taken."""


def is_loopback(host: str) -> bool:
    """Whether this name or address is this machine's own, and nobody else can make it be."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def checked_bind(text: str) -> Bind:
    """Where the console is to listen. ConfigError for what is no loopback address."""
    bind = parse_bind(text, PORT)
    if bind.kind != "tcp" or not is_loopback(bind.host):
        raise ConfigError(
            f"--console {text}: only a loopback address, such as 127.0.0.1:{PORT}: it shows all that passes"
        )
    return bind


def let_in(method: str, path: str, headers: Mapping[bytes, bytes], port: int) -> None:
    """PeerError with the answer for a request that is not to be answered otherwise."""
    host = headers.get(b"host", b"").decode("latin-1")
    name, said = _split(host)
    if not is_loopback(name) or said != port:
        raise refusal(403, "the console answers to a loopback name and its port: http://localhost:PORT")
    origin = headers.get(b"origin")
    if origin is not None and origin.decode("latin-1").lower() != f"http://{host}".lower():
        raise refusal(403, "another origin may not ask")
    if path.startswith("/api") and headers.get(b"sec-fetch-site", b"") not in ALONE:
        raise refusal(403, "another site may not ask")
    if method not in SAFE and HEADER not in headers:
        raise refusal(403, "what changes something needs the header X-Interfaces-Console")


def _split(host: str) -> tuple[str, int]:
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host, 80
    return name, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else -1
