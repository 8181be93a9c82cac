#!/usr/bin/env python3
"""Known vulnerabilities of what is installed, by pip-audit; and first, whether pip-audit would know of any.

    python tools/audit.py [PIP-AUDIT ARGS]

pip-audit asks PyPI. Behind a mirror that has packages and no advisories it finds nothing, and says that all is well. So
it is asked first about old versions whose faults are known: who does not know these, knows nothing, and the audit
has failed. Exit code 0: nothing was found; 1: something was; 3: nothing was audited.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

__all__ = ["CANARIES", "Report", "audit", "installed", "main"]

OURS = "asgi-interfaces"
CANARIES = {"django": "1.8", "jinja2": "2.4.1", "urllib3": "1.24"}
"""Releases with published advisories, which nobody takes back."""

Report = Mapping[str, Sequence[str]]
"""The advisories of each package that has been audited."""


class BlindError(Exception):
    """Nothing was audited, and why."""


def installed() -> dict[str, str]:
    """The version of every package of this environment but ours, which is on no index."""
    found = {item.name.lower().replace("_", "-"): item.version for item in distributions()}
    return {name: version for name, version in sorted(found.items()) if name != OURS}


def pip_audit(packages: Mapping[str, str], words: Sequence[str]) -> Report:
    """Ask about these; BlindError for an answer that is none, or that leaves one out."""
    with tempfile.TemporaryDirectory(prefix="interfaces-") as folder:
        path = Path(folder, "requirements.txt")
        path.write_text(
            "".join(f"{name}=={version}\n" for name, version in packages.items()), encoding="utf-8"
        )
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--strict",
            "--disable-pip",
            "--no-deps",
            "--format=json",
        ]
        done = subprocess.run(
            [*command, "--progress-spinner=off", *words, "-r", path],
            capture_output=True,
            text=True,
            check=False,
        )
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        raise BlindError(last) from None
    report = {one["name"]: [fault["id"] for fault in one.get("vulns", ())] for one in found if "vulns" in one}
    if left := {*packages} - {*report}:
        raise BlindError(f"it said nothing of {', '.join(sorted(left))}")
    return report


def audit(
    packages: Mapping[str, str], ask: Callable[[Mapping[str, str]], Report]
) -> dict[str, Sequence[str]]:
    """The advisories of those that have some; BlindError where ``ask`` does not know the canaries."""
    known = ask(CANARIES)
    if unknown := [f"{name} {version}" for name, version in CANARIES.items() if not known.get(name)]:
        raise BlindError(f"it finds nothing wrong with {', '.join(unknown)}: it has no advisories")
    return {name: faults for name, faults in ask(packages).items() if faults}


def main() -> int:
    """0, 1 when something was found, 3 when nobody could tell."""
    packages = installed()
    try:
        found = audit(packages, lambda asked: pip_audit(asked, sys.argv[1:]))
    except BlindError as error:
        print(f"audit: NOTHING WAS AUDITED: {error}", file=sys.stderr)
        print("audit: it needs https://pypi.org itself, or --service osv, and no mirror", file=sys.stderr)
        return 3
    for name, faults in found.items():
        print(f"{name} {packages[name]}: {', '.join(faults)}")
    print(f"audit: {len(packages)} packages, {len(found)} with known vulnerabilities", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
