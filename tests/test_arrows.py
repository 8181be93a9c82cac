"""The contracts of import-linter, which ./dev check runs, know every module they are for."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
PURE = (
    "wire_*",
    "events_*",
    "translate",
    "deflate",
    "handshake",
    "hpack",
    "segments",
    "mime",
    "verify",
    "mask",
)


def test_every_wire_and_translation_is_held_to_be_pure() -> None:
    """A new wire_*.py or translate.py that the contract does not name would go unchecked."""
    (contract,) = [contract for contract in CONTRACTS if contract["type"] == "forbidden"]
    paths = [path for name in PURE for path in ROOT.glob(f"interfaces/*/{name}.py")]
    found = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    assert found - {*contract["source_modules"]} == set()


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("interfaces", {"interfaces.cli", "interfaces.runner", "interfaces.shared", "asyncio", "click"}),
        ("interfaces.http_ws.interface", {"django", "channels", "twisted", "a2wsgi", "watchfiles", "click"}),
        (
            "interfaces.email.interface",
            {
                "interfaces.http_ws",
                "interfaces.email.webhooks",
                "interfaces.email.maildir",
                "aiosmtpd",
                "django",
            },
        ),
        (
            "interfaces.slack.interface",
            {
                "interfaces.email",
                "interfaces.sms",
                "interfaces.slack.socket",
                "interfaces.layers.redis",
                "redis",
                "slack_bolt",
                "sqlalchemy",
                "django",
            },
        ),
        (
            "interfaces.sms.interface",
            {"interfaces.email", "interfaces.slack", "interfaces.sms.smpp", "slack_sdk", "redis", "django"},
        ),
        ("interfaces.cli", {"interfaces.http_ws", "interfaces.runner", "django", "asyncio"}),
        ("interfaces.http_ws.wire_ws", {"httptools", "asyncio", "ssl", "logging"}),
    ],
)
def test_importing_a_part_imports_no_other(module: str, foreign: set[str]) -> None:
    """Who serves one protocol pays for no other, and for no extra it did not ask for."""
    code = f"import sys, {module}; print(*sorted({foreign!r} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []


def test_the_tree_hides_nothing_of_others() -> None:
    """From the repository's root the standard library's email and http still are what they are."""
    code = "import email, http.client; print(email.__file__, http.client.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert str(ROOT / "interfaces") not in done.stdout
