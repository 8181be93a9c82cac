"""How a connection of HTTP/1.1 becomes one of HTTP/2: by its first octets, by TLS, or by a request that asks."""

from typing import Any

from interfaces.http_ws.connection_h2 import ConnectionH2
from interfaces.http_ws.upgrade_h2 import SWITCHING, asked
from interfaces.shared.tls import alpn

__all__ = ["switched", "turned"]


def turned(conn: Any, data: bytes) -> bool:
    """Whether a connection of HTTP/1.1 is one of HTTP/2: its first ``data`` look so, or, without any, TLS has said so.

    Over TLS it is agreed on, or not spoken (RFC 9113 §3.3). What then is no preface is refused by the wire.
    """
    if not conn.service.h2 or conn.served:
        return False
    secure = conn.transport.get_extra_info("ssl_object") is not None
    if (secure or not data) and alpn(conn.transport) != "h2":
        return False
    found = ConnectionH2(conn)
    conn.transport.set_protocol(found)
    if data:
        found.data_received(data)
    return True


def switched(conn: Any, rest: bytes) -> bool:
    """Whether the request that a connection of HTTP/1.1 has just read is answered over HTTP/2, as it asked.

    Only the first of a connection is, and not where a proxy is known to be: see ``upgrade_h2``.
    """
    if rest or conn.served or conn.place.secure or conn.proxied is not None:
        return False
    found = asked(conn.parser)
    if found is None:
        return False
    conn.write_now(SWITCHING)
    connection = ConnectionH2(conn)
    conn.transport.set_protocol(connection)
    connection.begin(*found)
    return True
