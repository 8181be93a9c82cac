"""A fake network of IRC for tests: it is connected to, relays what is said, and does what goes wrong on demand."""

from interfaces.testing.irc.network import CAPS, FakeNetwork, Faults

__all__ = ["CAPS", "FakeNetwork", "Faults"]
