"""What ``--trace`` needs, imported where it is asked for and nowhere else."""

from typing import Any

from interfaces.shared.errors import ConfigError

__all__ = ["ready"]


def ready() -> tuple[Any, Any]:
    """What puts an application into spans, and what exports them. ConfigError without the extra [otel]."""
    try:
        from interfaces.runner.traced import Traced  # noqa: PLC0415 - an extra
        from interfaces.runner.tracing import tracing  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigError(
            f"--trace needs OpenTelemetry ({error}): pip install 'asgi-interfaces[otel]'"
        ) from error
    return Traced, tracing
