"""The layer of one process: the contract, and what only it promises."""

from interfaces.layers.local import LocalChannelLayer
from interfaces.testing.layers import LayerContract


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class TestContract(LayerContract):
    """The suite, on a clock of its own."""

    quiet = 0.01

    async def make(self, **keywords):
        """A layer whose time stands still."""
        return LocalChannelLayer(clock=Clock(), **keywords)

    async def elapse(self, layer, seconds):
        """Nobody waits."""
        layer.clock.now += seconds
