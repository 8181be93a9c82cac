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


WAITS = frozenset(
    (
        "benchmarks", "browser", "cli", "conformance", "demo", "deploy", "docs", "examples", "interop", "layers",
        "process", "runner", "sigterm", "tools",
    )
)  # fmt: skip
"""Folders whose tests wait for other processes more than they compute."""


SOAKS = "tests/tools/test_soak"
"""Files that begin so take longest."""
Files = list[list[pytest.Item]]


def mixed(some: Files, others: Files) -> Files:
    """``some`` spread evenly over ``others``; both in their order."""
    share, found = len(others) / max(1, len(some)), []
    for at, one in enumerate(some):
        found += [one, *others[round(at * share) : round((at + 1) * share)]]
    return found if some else others


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let processes of a run seldom all wait, or all compute; the longest waits begin before the last quarter."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    soaks, waiting, busy = [], [], []
    for name, those in files.items():
        waits = "".join(name.split("/")[1:2]) in WAITS
        (soaks if name.startswith(SOAKS) else waiting if waits else busy).append(those)
    both = mixed(waiting, busy)
    early = len(both) * 3 // 4
    items[:] = [item for those in mixed(soaks, both[:early]) + both[early:] for item in those]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that was skipped for want of something fails where everything has to be there."""
    return strict((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """As above, for a file that skips itself."""
    return strict((yield))
