"""Where things are, the options that all benches share, and the command lines under test."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["APPS", "LOAD", "ROOT", "Kit", "parser"]

ROOT = Path(__file__).resolve().parent.parent
APPS = ROOT / "apps"
LOAD = ROOT / "load"


def default_workdir() -> Path:
    """A folder in the user's cache, as in setup.sh."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "interfaces-bench"


def parser(description: str | None) -> argparse.ArgumentParser:
    """An argument parser with the options of every bench."""
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=3, help="how often all of it is measured")
    p.add_argument("--dur", type=int, default=2, help="seconds a measurement")
    p.add_argument("--json", type=Path, metavar="FILE", help="append the records here, one a line")
    p.add_argument(
        "--path",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="put in front of our PYTHONPATH (may be repeated)",
    )
    p.add_argument("--workdir", type=Path, default=default_workdir(), help="what setup.sh made")
    p.add_argument("--server-cpu", type=int, default=0, help="CPU of the servers")
    p.add_argument("--load-cpu", type=int, default=1, help="CPU of the load")
    p.add_argument("--no-pin", action="store_true", help="let all use every CPU")
    return p


@dataclass
class Kit:
    """The folders and CPUs of one run."""

    workdir: Path
    server_cpu: int | None
    load_cpu: int | None
    path: list[Path] = field(default_factory=list)

    @classmethod
    def of(cls, args: argparse.Namespace) -> Kit:
        """From the shared options; binds this process, and so its tools, to the load's CPU."""
        kit = cls(
            args.workdir.expanduser().resolve(),
            None if args.no_pin else args.server_cpu,
            None if args.no_pin else args.load_cpu,
            [p.resolve() for p in args.path],
        )
        if not kit.python.exists():
            raise SystemExit(f"no {kit.python}: run setup.sh --workdir {kit.workdir}")
        (kit.workdir / "logs").mkdir(exist_ok=True)
        if kit.load_cpu is not None:
            os.sched_setaffinity(0, {kit.load_cpu})
        return kit

    @property
    def python(self) -> Path:
        """The interpreter of the peers."""
        return self.workdir / "venv/bin/python"

    @property
    def cert(self) -> Path:
        """A certificate for 127.0.0.1."""
        return self.workdir / "cert.pem"

    @property
    def key(self) -> Path:
        """Its key."""
        return self.workdir / "key.pem"

    def bin(self, name: str) -> Path:
        """A program of the peers' virtual environment."""
        return self.workdir / "venv/bin" / name

    def log(self, name: str) -> Path:
        """Where the server ``name`` may write."""
        return self.workdir / "logs" / f"{name}.log"

    def unpacked(self, path: str) -> Path:
        """A file of the packages that were only unpacked."""
        return self.workdir / "deb" / path

    def env(self, program: str | Path = "") -> dict[str, str]:
        """The environment of ``program``: applications from ``apps``, what ``--path`` adds, what unpacked ones need."""
        python_path = [APPS, *self.path, *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {
            "PYTHONPATH": os.pathsep.join(map(str, python_path)),
            "PYTHONUNBUFFERED": "1",
            "NODE_PATH": str(self.workdir / "node/node_modules"),
        }
        box, arch = self.workdir / "deb", f"{os.uname().machine}-linux-gnu"
        if Path(program).is_relative_to(box):
            libraries = [box / "usr/lib/postfix", box / "usr/lib" / arch, box / "lib" / arch]
            env["LD_LIBRARY_PATH"] = os.pathsep.join(map(str, libraries))
        return env

    def command(self, text: str, **values: object) -> list[str]:
        """A command line as words, with ``{port}`` and the like filled in.

        Servers run in ``apps``, so a path that exists here is made absolute; a bare program
        name is looked for in the caller's PATH, then among the peers. ``python`` is the peers'.
        """
        words = shlex.split(text)
        for key, value in values.items():
            words = [word.replace(f"{{{key}}}", str(value)) for word in words]
        words = [str(Path(w).absolute()) if "/" in w and Path(w).exists() else w for w in words]
        if words[0] == "python" or not shutil.which(words[0]):
            words[0] = str(found) if (found := self.bin(words[0])).exists() else words[0]
        return words
