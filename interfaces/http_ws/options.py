"""The options of HTTP and WebSockets: where to listen, and every limit, with what peers default to."""

from dataclasses import dataclass
from math import inf

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import option

__all__ = ["HttpWsOptions"]

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpWsOptions:
    """Where HTTP and WebSockets are served, and every limit of theirs."""

    bind: tuple[str, ...] = option(
        ("127.0.0.1:8000",), "where to listen: HOST:PORT, unix:PATH, fd:N, systemd:"
    )
    root_path: str = option("", "path under which a proxy mounts the application; becomes root_path")
    max_connections: int = option(
        10_000,
        "connections held; further ones wait in the kernel's queue",
        peers="uvicorn none, nginx 512",
        between=(1, inf),
    )
    max_connections_per_address: int = option(
        10_000,
        "connections held from one client address; further ones get 503",
        peers="nginx: none",
        between=(1, inf),
    )
    max_requests: int = option(
        1_000_000, "requests on one connection", peers="nginx 1000, uvicorn none", between=(1, inf)
    )
    max_request_line: int = option(
        8192,
        "the request line",
        unit="bytes",
        peers="nginx 8 KiB, gunicorn 4094, h11 64 KiB",
        between=(1, inf),
    )
    max_header_size: int = option(
        32_768,
        "the whole header",
        unit="bytes",
        peers="nginx 32 KiB, node 16 KiB, h11 64 KiB",
        between=(1, inf),
    )
    max_headers: int = option(
        128, "header fields", peers="gunicorn 100, Apache 100, node 2000, uvicorn none", between=(1, inf)
    )
    header_timeout: float = option(
        10.0,
        "for the whole header, from its first byte",
        unit="seconds",
        peers="nginx 60 idle, uvicorn none",
        between=(0.1, inf),
    )
    keep_alive: float = option(
        75.0, "between two requests", unit="seconds", peers="nginx 75, uvicorn 5, granian none"
    )
    max_body: int = option(1024 * MIB, "a request's body", unit="bytes", peers="nginx 1 MiB, uvicorn none")
    body_timeout: float = option(
        20.0,
        "each of these must bring min_body_rate",
        unit="seconds",
        peers="Apache 20, uvicorn none",
        between=(0.1, inf),
    )
    min_body_rate: int = option(240, "what a client must send of a body, on average", unit="bytes a second",
                                peers="Apache 500, IIS 240, uvicorn none")  # fmt: skip
    max_chunk_line: int = option(
        1024, "a chunk's size with its extensions", unit="bytes", peers="h11 64 KiB", between=(1, inf)
    )
    max_trailers: int = option(
        8192, "all trailer fields of a body", unit="bytes", peers="httptools none", between=(1, inf)
    )
    max_unread_body: int = option(
        65_536, "read and thrown away of a body the application left, to keep the connection", unit="bytes"
    )
    max_buffered_body: int = option(
        65_536,
        "of a request's body that wait for the application before reading stops",
        unit="bytes",
        peers="uvicorn 64 KiB, not to be set",
        between=(1, inf),
    )
    linger_timeout: float = option(2.0, "for a client to read a last answer", unit="seconds", peers="nginx 5")
    half_close_timeout: float = option(
        1.0, "until a client that ended its side counts as gone", unit="seconds", peers="uvicorn 0"
    )
    send_timeout: float = option(
        60.0, "a client may read nothing", unit="seconds", peers="nginx 60, uvicorn none", between=(0.1, inf)
    )
    app_timeout: float = option(
        0.0,
        "for the application to answer, then 503; 0 is no deadline (long polls)",
        unit="seconds",
        peers="none",
    )
    drain_idle: float = option(
        1.0, "an idle connection gets for one more request when the server stops",
        unit="seconds", peers="nginx 0 (keepalive_min_timeout), uvicorn 0",
    )  # fmt: skip
    h2: bool = option(
        True,
        "HTTP/2: by ALPN over TLS, and without TLS for who begins with it",
        peers="granian on, uvicorn off",
    )
    h2c_upgrade: bool = option(
        False,
        "take the upgrade of HTTP/1.1 to HTTP/2 without TLS (Upgrade: h2c); not where proxies are",
        peers="hypercorn on, nginx and granian never",
    )
    h2_streams: int = option(
        100, "requests of one connection at once, with those whose application runs although the client has reset them",
        peers="nginx 128, granian 200, hypercorn 100", between=(1, 2**31 - 1),
    )  # fmt: skip
    h2_window: int = option(
        65_535, "of a request's body that are sent ahead of the application", unit="bytes", peers="nginx 64 KiB",
        between=(1, 2**31 - 1),
    )  # fmt: skip
    h2_connection_window: int = option(
        1 * MIB, "of all bodies of a connection that may be on their way at once", unit="bytes", peers="granian 1 MiB",
        between=(65_535, 2**31 - 1),
    )  # fmt: skip
    h2_resets: int = option(
        200, "requests of a connection that are reset at once, a tenth of them a second after that; then it is ended",
        peers="nginx about 1,000, granian 20", between=(1, inf),
    )  # fmt: skip
    h2_control: int = option(
        1000, "frames of a connection that bring nothing (PING, SETTINGS, empty ones) at once, a tenth of them a second"
        " after that; then it is ended", peers="nginx none", between=(1, inf),
    )  # fmt: skip
    ws_origins: tuple[str, ...] = option(
        (), "origins a browser may connect from, such as https://example.org, *.example.org; none given: any"
    )
    ws_max_message: int = option(
        16 * MIB, "a message, after inflating", unit="bytes", peers="uvicorn 16 MiB", between=(1, inf)
    )
    ws_max_frame: int = option(16 * MIB, "a frame", unit="bytes", peers="uvicorn 16 MiB", between=(1, inf))
    ws_max_fragments: int = option(131_072, "fragments of one message", peers="none", between=(1, inf))
    ws_max_queue: int = option(
        32,
        "messages that wait for the application before reading stops",
        peers="uvicorn 32",
        between=(1, inf),
    )
    ws_max_queue_size: int = option(
        262_144,
        "of messages that wait for the application before reading stops",
        unit="bytes",
        peers="none",
        between=(1, inf),
    )
    ws_max_unfinished: int = option(
        268_435_456,
        "of messages whose end has not come, of all sockets; beyond it who sends more is closed with 1013",
        unit="bytes",
        peers="none",
        between=(1, inf),
    )
    ws_deflate: bool = option(
        True, "agree to permessage-deflate (RFC 7692)", peers="uvicorn on, granian, daphne never"
    )
    ws_deflate_takeover: bool = option(
        False,
        "keep the compression windows between messages: smaller ones, 10 to 300 KiB a connection",
        peers="uvicorn on",
    )
    ws_deflate_window: int = option(
        12, "largest compression window, as a power of two", peers="uvicorn 12", between=(9, 15)
    )
    ws_deflate_level: int = option(3, "zlib's level", peers="uvicorn 6", between=(1, 9))
    ws_deflate_from: int = option(256, "smallest message that is compressed", unit="bytes", peers="uvicorn 0")
    ws_ping_interval: float = option(
        20.0, "of silence until the peer is asked; 0 never asks", unit="seconds", peers="uvicorn 20"
    )
    ws_ping_timeout: float = option(20.0, "for its answer", unit="seconds", peers="uvicorn 20, daphne 30")
    ws_close_timeout: float = option(
        10.0, "for the peer to agree to a close", unit="seconds", peers="websockets 10"
    )
    ws_drain_spread: float = option(
        0.5, "over which open sockets are told to come back (1012) when the server stops", unit="seconds"
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is opened."""
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise ConfigError(
                f"--http-root-path {self.root_path}: begin with / and do not end with it: /chat"
            )
        if not self.root_path.isprintable():  # as text that was no UTF-8 is not, too
            raise ConfigError(f"--http-root-path {self.root_path!r}: write a path of printable characters")
