"""The thread of a trace in scopes and messages: what is one, and when a message gets it."""

import pytest

from interfaces.shared import tracing
from interfaces.shared.tracing import KEY, install, parent_of, stamped, trace_id

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Fixed:
    """A tracer in whose process always the same span runs."""

    def __init__(self, parent):
        self.parent = parent

    def current(self):
        return self.parent


@pytest.fixture
def installed():
    """Installs what it is given, for the test."""
    yield install
    install(None)


def test_nothing_is_made_while_nobody_traces():
    """The very same message comes back, and no tracer is there."""
    message = {"to": "a"}
    assert stamped(message) is message
    assert tracing.tracer() is None


def test_a_message_gets_the_span_that_runs(installed):
    """In a copy, so that the application's own dict is as it was."""
    installed(Fixed(PARENT))
    message = {"to": "a"}
    assert stamped(message) == {"to": "a", KEY: PARENT}
    assert message == {"to": "a"}


def test_a_message_keeps_what_it_has(installed):
    """Whoever put one in knows better, and outside a span there is none to put in."""
    installed(Fixed(PARENT))
    mine = {KEY: "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
    assert stamped(mine) is mine
    installed(Fixed(""))
    assert stamped({"to": "a"}) == {"to": "a"}


@pytest.mark.parametrize(
    "found", [PARENT, PARENT[:-2] + "00", f"01-{TRACE}-b7ad6b7169203331-01-what-is-to-come"]
)
def test_a_traceparent_is_taken(found):
    """Sampled or not, and of a later version with more behind it."""
    assert parent_of({KEY: found}) == found
    assert trace_id({KEY: found}) == TRACE


@pytest.mark.parametrize(
    "found",
    [
        None,
        b"bytes",
        "",
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-b7ad6b7169203331-01",
        PARENT + "x",
        PARENT + "\n",
        f"01-{TRACE}-b7ad6b7169203331-01-" + "x" * 300,
    ],
)
def test_what_is_no_traceparent_is_none(found):
    """It may come from anywhere: a message that somebody has put into a broker."""
    assert parent_of({KEY: found}) == ""
    assert trace_id({KEY: found}) == ""
    assert parent_of({}) == ""
