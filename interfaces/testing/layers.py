"""What every channel layer promises, as tests: subclass :class:`LayerContract` in a test file of your own.

class TestMine(LayerContract):
    async def make(self, **keywords):
        return MyLayer(**keywords)              # empty, and nobody else's

    async def other(self, layer):
        return MyLayer(of=layer)                # as if in another process: the same messages and groups

Nothing but pytest's way of collecting is needed. A promise that a layer cannot give is left out by
``test_that = None`` in the subclass, with the reason beside it.
"""

from interfaces.testing.layer_groups import GroupTests
from interfaces.testing.layer_kit import LayerCase
from interfaces.testing.layer_messages import MessageTests
from interfaces.testing.layer_time import TimeTests

__all__ = ["LayerCase", "LayerContract"]


class LayerContract(MessageTests, GroupTests, TimeTests):
    """All tests; ``make``, ``other`` and ``elapse`` are those of :class:`LayerCase`."""
