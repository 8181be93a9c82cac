"""The fixtures that are for everybody, tried on ourselves."""

from interfaces.testing.fixtures import interfaces_recorder, interfaces_server

__all__ = ["interfaces_recorder", "interfaces_server"]
