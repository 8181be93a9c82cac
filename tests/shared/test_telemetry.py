"""What a process tells about itself."""

from interfaces.shared.telemetry import Telemetry


def test_counts_add_up():
    """By one, or by more; what was never counted is 0."""
    telemetry = Telemetry()
    telemetry.count("http.refused")
    telemetry.count("http.refused", 4)
    assert (telemetry.counts["http.refused"], telemetry.counts["never"]) == (5, 0)


def test_nothing_is_shared():
    """Each has its counts; no access lines are made unless somebody takes them."""
    one, other = Telemetry(), Telemetry()
    one.count("a")
    assert not other.counts
    assert one.access is None
