"""What a process tells about itself."""

import logging

from interfaces.shared.telemetry import Telemetry


def test_counts_add_up():
    """By one, or by more; what was never counted is 0."""
    telemetry = Telemetry()
    telemetry.count("http.refused")
    telemetry.count("http.refused", 4)
    assert (telemetry.counts["http.refused"], telemetry.counts["never"]) == (5, 0)


def test_nothing_is_shared_or_configured():
    """Each has its counts; no access lines are made unless somebody takes them; logging stays as it is."""
    root = logging.getLogger().handlers[:]
    one, other = Telemetry(), Telemetry()
    one.count("a")
    assert not other.counts
    assert one.access is None
    assert one.log.name == "interfaces"
    assert logging.getLogger().handlers == root
