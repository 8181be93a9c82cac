"""For all tests: with CI=true nothing is skipped silently; Hypothesis has as much time as it needs."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

# A loaded machine is no defect; with CI=true Hypothesis' own profile for that, which has no database.
settings.register_profile("interfaces", settings.get_profile("default"), deadline=None)
settings.register_profile("interfaces-ci", settings.get_profile("ci"), deadline=None)
settings.load_profile("interfaces-ci" if os.environ.get("CI") == "true" else "interfaces")

# What a machine can be, not what it lacks: a reason that begins so may skip a test anywhere.
PLATFORM_REASONS = ("needs Linux", "needs macOS", "needs IPv6 on this machine", "needs Python 3.")


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def strict(report: Report) -> Report:
    """The report, a failure instead of a skip that has no excuse here."""
    if os.environ.get("CI") == "true" and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not reason.startswith(PLATFORM_REASONS):
            report.outcome, report.longrepr = "failed", f"skipped with CI=true: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that was skipped for want of something fails where everything has to be there."""
    return strict((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """As above, for a file that skips itself."""
    return strict((yield))
