"""The Dockerfile, as far as it goes without Docker; what its commands start is in test_processes.py."""

import fnmatch
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY
from tests.tools.loading import ROOT

TEXT = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
BUILD, IMAGE = (f"FROM{stage}" for stage in TEXT.split("\nFROM")[1:])
HADOLINT = Path(sys.executable).with_name("hadolint")


def told(dockerfile: str) -> str:
    """What hadolint says to it."""
    return subprocess.run(
        [HADOLINT, "--no-color", "-"], input=dockerfile, capture_output=True, text=True
    ).stdout


def test_hadolint_has_nothing_to_say() -> None:
    """Its rules all hold, but for those that are lifted on a line with the reason above it."""
    assert told(TEXT) == ""
    for before, line in zip(TEXT.splitlines(), TEXT.splitlines()[1:], strict=False):
        if "hadolint ignore" in line:
            assert before.startswith("# ") and before.endswith("."), "no reason is given"


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [("python:${PYTHON}\n", "python\n", "DL3006"), ("PYTHON=3.13-slim-trixie", "PYTHON=latest", ""),
     (" --no-install-recommends", "", "DL3015")],
)  # fmt: skip
def test_what_is_wrong_would_be_said(good: str, bad: str, rule: str) -> None:
    """A base without a tag, packages that nobody asked for: hadolint notices; the tag itself is looked at here."""
    assert good in TEXT
    assert rule in told(TEXT.replace(good, bad))
    tag = re.findall(r"^ARG PYTHON=(\S+)$", TEXT.replace(good, bad), re.MULTILINE)
    assert (tag == ["3.13-slim-trixie"]) == bool(rule)


def test_the_image_is_nobodys_and_holds_no_compiler() -> None:
    """A number that is not root's, from before the command on; what compiled stays in the first stage."""
    (user,) = re.findall(r"^USER (\d+):(\d+)$", IMAGE, re.MULTILINE)
    assert "0" not in user
    assert (
        IMAGE.index("USER ")
        < IMAGE.index("HEALTHCHECK")
        < IMAGE.index("ENTRYPOINT")
        < IMAGE.index('CMD ["serve')
    )
    assert "gcc" in BUILD
    assert "gcc" not in IMAGE and "apt-get" not in IMAGE and "pip " not in IMAGE
    assert re.findall(r"^COPY .*$", IMAGE, re.MULTILINE) == ["COPY --from=build /venv /venv"]


def test_what_is_built_is_compiled_or_fails() -> None:
    """The build asks for compiled modules, and then looks whether it got them."""
    assert "INTERFACES_COMPILE=1 pip wheel" in BUILD
    (code,) = re.findall(r'python -I -c "(.*)"$', BUILD, re.MULTILINE)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1, "plain Python would pass for a compiled build"
    assert "AssertionError" in done.stderr


def test_its_extras_are_the_packages() -> None:
    """Each that is built in by default can be asked for, and every protocol is among them."""
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", BUILD, re.MULTILINE)
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    known = {*re.findall(r'^        "([a-z-]+)": [A-Z_]+,$', setup, re.MULTILINE)}
    assert {*extras.split(",")} <= known
    assert {"http", "ws", "email-auth", "slack-stores", "sms", "irc", "redis"} <= {*extras.split(",")}


def test_all_that_is_copied_is_there_and_nothing_else_is_sent() -> None:
    """The context that Docker gets is what the build copies: no history, no environment, no secrets."""
    copied = [word for line in re.findall(r"^COPY (.*) /\S+$", BUILD, re.MULTILINE) for word in line.split()]
    assert all((ROOT / word).exists() for word in copied)
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    allowed = [rule[1:] for rule in rules if rule.startswith("!")]
    assert "*" in rules
    assert sorted(allowed) == sorted(copied)
    assert not any(
        fnmatch.fnmatch(name, rule) for rule in allowed for name in (".git", ".env", ".venv", "dev")
    )
