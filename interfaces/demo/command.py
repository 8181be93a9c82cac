"""``interfaces demo``: the chat on our own server."""

import ipaddress
import os

import click

import interfaces
from interfaces.shared.errors import ConfigError

__all__ = ["main"]


def main(host: str = "127.0.0.1", port: int = 8000) -> int:
    """Serve the chat at ``host:port`` until told to stop; gives the exit code. ConfigError without Django."""
    try:
        import channels  # noqa: F401, PLC0415 - the extra [demo]
        import django  # noqa: F401, PLC0415 - the extra [demo]
    except ImportError as error:
        raise ConfigError(f"the demo needs {error.name}: pip install 'asgi-interfaces[demo]'") from error
    if not loopback(host):
        os.environ.setdefault("INTERFACES_DEMO_HOSTS", "*")
    os.environ["DJANGO_SETTINGS_MODULE"] = "interfaces.demo.settings"
    from interfaces.demo.asgi import application  # noqa: PLC0415 - needs the settings above
    from interfaces.demo.settings import DATABASE  # noqa: PLC0415 - imports nothing before main()

    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Port 0 is known only when it has been taken; the server's own banner says it.
    click.echo(f"{f'Chat at http://{bind}/ - w' if port else 'W'}hat is said is kept in {DATABASE}")
    return interfaces.run(application, "http", "ws", http_bind=(bind,))


def loopback(host: str) -> bool:
    """Whether only this machine can reach what listens at ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
