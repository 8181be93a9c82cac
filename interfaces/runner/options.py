"""The options of the process itself: application, workers, TLS, proxies, drain, logs."""

# ruff: noqa: RUF009 - option() makes a field

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import option
from interfaces.shared.pool import THREADS, WAITING

__all__ = ["ServeOptions", "Sni", "WorkerOptions"]

MOST_WORKERS = 1024
"""Far above what helps, far below what a mistyped number would start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sni:
    """The certificate for one host name (TLS server name indication, RFC 6066 §3)."""

    hostname: str
    """``example.org``, or ``*.example.org`` for one label in front."""
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What holds for every interface of a process. Flags, variables and TOML keys carry no prefix."""

    app: str = option("", "the application, as module:attribute", unit="module:attribute")
    app_dir: Path = option(Path(), "directory to import the application from", unit="directory")
    factory: bool = option(False, "call the attribute without arguments to get the application")
    wsgi: bool = option(False, "the application is WSGI (needs the extra wsgi)")

    workers: int = option(
        1, "processes that serve side by side", unit="processes", peers="1", between=(1, inf)
    )
    threads: int = option(
        THREADS,
        "threads of a process for sync work: consumers, views and WSGI applications that are not async",
        unit="threads",
        peers="anyio 40, asyncio at most 32, a2wsgi 10, asgiref 1",
        between=(1, inf),
    )
    max_sync_queue: int = option(
        WAITING,
        "sync calls of one request or socket that wait for a thread; a further one raises ApplicationError",
        peers="asyncio none",
        between=(1, inf),
    )
    reload: bool = option(False, "start again when a file changes (for development)", peers="off")
    reload_dir: tuple[Path, ...] = option(
        (), "directory to watch with --reload; none: --app-dir", unit="directory"
    )
    reload_include: tuple[str, ...] = option(("*.py",), "files to watch with --reload", unit="glob")
    loop: Literal["auto", "uvloop", "asyncio"] = option(
        "auto", "event loop; auto: uvloop where it is installed", peers="auto"
    )
    lifespan: Literal["auto", "on", "off"] = option(
        "auto",
        "ASGI lifespan; on: failing it ends the process; auto: an application may refuse it",
        peers="auto",
    )

    tls_cert: Path | None = option(None, "certificate chain, PEM; switches TLS on", unit="file")
    tls_key: Path | None = option(None, "private key, PEM; none: it is in --tls-cert", unit="file")
    tls_key_password: str = option("", "password of the private key", secret=True)
    tls_client_ca: Path | None = option(None, "authorities that sign client certificates, PEM", unit="file")
    tls_client_required: bool = option(False, "refuse clients without a certificate of --tls-client-ca")
    tls_sni: tuple[Sni, ...] = option((), "certificates by host name: hostname, cert and key of each")

    backlog: int = option(2048, "connections the kernel holds until they are accepted", unit="connections",
                          peers="uvicorn 2048, granian 1024, hypercorn 100")  # fmt: skip
    reuse_port: bool = option(False, "a socket a worker (SO_REUSEPORT); while one is dead, its share waits")
    proxy_protocol: bool = option(
        False, "take the peer's address from a PROXY header, v1 or v2, of --trusted-proxies"
    )
    trusted_proxies: tuple[str, ...] = option(
        (), "peers whose forwarding headers count: addresses, networks, unix, or *", unit="address",
        peers="uvicorn 127.0.0.1, hypercorn none",
    )  # fmt: skip
    forwarded: Literal["x-forwarded", "forwarded", "off"] = option(
        "x-forwarded", "headers to believe from --trusted-proxies: X-Forwarded-*, or Forwarded (RFC 7239)"
    )

    start_timeout: float = option(
        60.0,
        "time for a worker that replaces another to be ready; then it is ended, and the old one serves on",
        unit="seconds",
        peers="gunicorn 30",
        between=(0.1, inf),
    )
    handshake_timeout: float = option(
        10.0,
        "time for TLS's handshake, and for a PROXY header",
        unit="seconds",
        peers="asyncio 60, nginx 60",
        between=(0.1, inf),
    )
    drain: float = option(30.0, "time to finish what is in flight in, after SIGTERM", unit="seconds",
                          peers="uvicorn unlimited, hypercorn 3")  # fmt: skip
    drain_delay: float = option(
        0.0, "time listeners stay open after SIGTERM while /readyz says 503", unit="seconds", peers="0"
    )
    ops_bind: str = option("", "where /livez, /readyz and /metrics answer; port 9000 unless given; none: off",
                           unit="host:port")  # fmt: skip

    console: str = option(
        "", "where the development console is; port 8088 unless given; none: off. It shows all that passes, so only a "
        "loopback address is taken", unit="host:port",
    )  # fmt: skip

    layer: str = option(
        "", "channel layer: redis://HOST, rediss://, unix://, embedded: or local:; redis://ONE,redis://TWO are "
        "shards; without --app, workers on the same layer run the application", unit="URL", secret=True,
    )  # fmt: skip
    relay: tuple[str, ...] = option(
        (), "type of scope that workers run although there is an application here", unit="scope type"
    )
    transport: Literal["auto", "redis", "direct"] = option(
        "auto", "how scopes come to workers: through the broker, or over connections that workers make to "
        "--relay-bind; auto: direct where that is given, else redis; a worker: both",
    )  # fmt: skip
    relay_bind: str = option("", "where workers connect to", unit="host:port or unix:path")
    relay_token: str = option("", "what both sides of such a connection prove to know", secret=True)
    relay_tls_cert: Path | None = option(None, "certificate of --relay-bind, PEM; TLS then", unit="file")
    relay_tls_key: Path | None = option(
        None, "its private key, PEM; none: it is with the certificate", unit="file"
    )
    relay_tls_ca: Path | None = option(
        None, "worker: the authority that signed the containers' certificates, PEM; TLS then", unit="file"
    )
    relay_queue: int = option(1000, "scopes that may wait for a free worker; more are refused", unit="scopes")
    relay_wait: float = option(
        10.0,
        "time that a scope may wait for a free worker; then it is refused",
        unit="seconds",
        between=(0.1, inf),
    )

    trace: bool = option(
        False, "traces by OpenTelemetry, exported as the OTEL_* variables say (needs the extra otel)"
    )
    access_log: bool | None = option(None, "a line a request; neither: on at a terminal", peers="uvicorn on")
    log_format: Literal["text", "json"] = option("text", "log and access lines as text or as JSON")
    log_level: Literal["debug", "info", "warning", "error", "critical"] = option(
        "info", "least severity that is logged", peers="info"
    )
    log_config: Path | None = option(
        None, "logging.config.dictConfig as JSON or TOML; replaces the other log options", unit="file"
    )
    color: bool | None = option(None, "colours in the logs; neither: at a terminal, unless NO_COLOR is set")

    def __post_init__(self) -> None:
        """Refuse what cannot work together, before anything is opened."""
        for wrong, why in (
            (self._alone, self._alone),
            (self.workers > MOST_WORKERS, f"--workers {self.workers}: {MOST_WORKERS} processes are the most"),
            (self.backlog >= 1 << 31, f"--backlog {self.backlog}: no kernel holds so many"),
            (self.tls_client_ca and not self.tls_cert, "--tls-client-ca needs --tls-cert FILE"),
            (self.tls_key and not self.tls_cert, "--tls-key needs --tls-cert FILE"),
            (
                self.tls_sni and not self.tls_cert,
                "--tls-sni needs --tls-cert FILE, for clients that name no host",
            ),
            (
                self.tls_client_required and not self.tls_client_ca,
                "--tls-client-required needs --tls-client-ca FILE",
            ),
            (
                self.relay and not (self.layer or self.relay_bind),
                "--relay needs workers to be found: say --layer URL, or --relay-bind",
            ),
            (self.relay_tls_key and not self.relay_tls_cert, "--relay-tls-key needs --relay-tls-cert FILE"),
            (
                self._shares_relay_bind,
                "--relay-bind: with several --workers each needs a port of its own: say port 0, and --layer",
            ),
            (
                self.proxy_protocol and not self.trusted_proxies,
                "--proxy-protocol needs --trusted-proxies: whose headers to believe",
            ),
        ):
            if wrong:
                raise ConfigError(why)

    @property
    def distributed(self) -> bool:
        """Whether workers are to run the application, and none is imported here."""
        return not self.app and bool(self.layer or self.relay_bind)

    @property
    def _alone(self) -> str:
        """What of these options is one process's, in words, where several are to serve; else ""."""
        if self.workers == 1:
            return ""
        if self.reload:
            return "--reload serves with one process; leave --workers out"
        return "--console sees one process; leave --workers out" if self.console else ""

    @property
    def _shares_relay_bind(self) -> bool:
        """Whether several processes would listen for workers at one address."""
        fixed = bool(self.relay_bind) and not self.relay_bind.endswith(":0")
        return fixed and self.workers > 1 and type(self) is ServeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions(ServeOptions):
    """What ``interfaces worker`` takes besides."""

    concurrency: int = option(1000, "scopes that run at once", unit="scopes", between=(1, inf))
    only: tuple[str, ...] = option((), "types of scopes, or channels, to take; none: all", unit="glob")
    exclude: tuple[str, ...] = option((), "types of scopes, or channels, to leave to others", unit="glob")
    connect: tuple[str, ...] = option(
        (),
        "containers to connect to, their --relay-bind; none: those on the layer",
        unit="host:port or unix:path",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work together, before anything is opened."""
        ServeOptions.__post_init__(self)
        if not (self.layer or self.connect):
            raise ConfigError("say where the interface containers are: --layer URL, or --connect HOST:PORT")
        if self.console:
            raise ConfigError("--console stands where the interfaces are: say it to `interfaces serve`")
        if not self.relay_token and not all(place.startswith("unix:") for place in self.connect):
            raise ConfigError("--connect HOST:PORT needs --relay-token, the one of the interface containers")
        if self.connect and self.transport == "redis":
            raise ConfigError("--connect is for direct connections; leave it out, or --transport redis")

    @property
    def distributed(self) -> bool:
        """Never: this is where the application runs."""
        return False
