"""For the command line's tests: a project directory, and a command line that leaves nothing behind."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from interfaces.cli import main

PROJECT = """
async def application(scope, receive, send): pass

class Router:
    application_mapping = {"http": application}
    async def __call__(self, scope, receive, send): pass

router = Router()
"""


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Cli = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with a module ``cliproject``, and no option in the environment."""
    (tmp_path / "cliproject.py").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in [name for name in os.environ if name.startswith("INTERFACES_")]:
        monkeypatch.delenv(name)
    yield tmp_path
    sys.modules.pop("cliproject", None)


@pytest.fixture
def cli(project: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line in the project's directory."""

    def run(*arguments: str) -> Result:
        code = main(arguments)
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return run


@pytest.fixture
def restored_logging() -> Iterator[logging.Logger]:
    """The logger ``interfaces``, put back as it was."""
    logger = logging.getLogger("interfaces")
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield logger
    logger.handlers, _, logger.propagate = before
    logger.setLevel(before[1])
