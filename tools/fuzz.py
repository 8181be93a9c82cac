#!/usr/bin/env python3
"""Bytes that were changed at random, into every wire, guided by the lines they reach.

    python tools/fuzz.py [SECONDS] [WIRE ...]      60 seconds each, all of fuzz/
    python tools/fuzz.py --keep [SECONDS] ...      likewise, and keep what reached more in fuzz/corpus
    python tools/fuzz.py --again FILE WIRE         one input again, such as build/fuzz/wire_ws-….bin
    python tools/fuzz.py --again FILE --keep WIRE  likewise, and keep it for good: what was mended stays so

A target is a file of fuzz/ with ``SEEDS`` and ``one(data)``, which raises when something is wrong; it may
have ``generate(random)`` too, for inputs that changes of the seeds hardly come to. Inputs that reach lines
which none reached before are kept and changed further. Exit code 1 and a file in build/fuzz when something
was found.

fuzz/corpus has the inputs that earlier runs kept, a line each as Python writes bytes, so that a run begins where others
ended; the tests replay all of them. Lines that begin with "!" were faults once.
"""

import argparse
import ast
import hashlib
import importlib.util
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Protocol

__all__ = ["Fuzzer", "faults", "inputs", "load", "main", "smallest", "write"]

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ROOT / "fuzz"
LONGEST = 4096
MOST = 300
"""Inputs that are kept of a target, but for those that were faults."""
GENERATED = 0.3  # of the inputs, where a target generates some
ODD = [
    b"\x00",
    b"\xff",
    b"\x7f\xff",
    b"\r\n",
    b"\r",
    b"\n",
    b" ",
    b":",
    b"0",
    b"\xc3",
    b"\xed\xa0\x80",
    b"%00",
]

Line = tuple[CodeType, int]


class Target(Protocol):
    """A file of fuzz/."""

    SEEDS: Sequence[bytes]

    def one(self, data: bytes) -> None:
        """Raise when something is wrong with ``data``."""


class Fuzzer:
    """Changes the inputs of one target, and ``more``; ``seed`` makes a run that can be had again."""

    def __init__(self, target: Target, seed: int, more: Sequence[bytes] = ()) -> None:
        self.one = target.one
        self.generate = getattr(target, "generate", None)
        self.random = random.Random(seed)
        self.corpus = [*target.SEEDS, *more]
        self.seen: set[Line] = set()
        self.runs = 0
        for data in self.corpus:
            self.reaches_more(data)

    def step(self) -> bytes | None:
        """Try one more input; it is the answer when it raises, else None."""
        fresh = self.generate is not None and self.random.random() < GENERATED
        data = self.generate(self.random) if fresh else self.changed(self.random.choice(self.corpus))
        try:
            if self.reaches_more(data):
                self.corpus.append(data)
        except Exception:  # noqa: BLE001 - whatever comes out of a wire is what we look for
            return data
        return None

    def reaches_more(self, data: bytes) -> bool:
        """Run the target; whether it reached a line of the package that no input had."""
        before = len(self.seen)
        self.runs += 1
        sys.settrace(self._call)
        try:
            self.one(data)
        finally:
            sys.settrace(None)
        return len(self.seen) > before

    def _call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        return self._line if "interfaces" in frame.f_code.co_filename else None

    def _line(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        self.seen.add((frame.f_code, frame.f_lineno))
        return self._line

    def changed(self, data: bytes) -> bytes:
        """``data`` with one to four changes."""
        for _ in range(self.random.randint(1, 4)):
            data = self.random.choice(CHANGES)(self, data)
        return data[:LONGEST]

    def _at(self, data: bytes) -> int:
        return self.random.randrange(len(data) + 1)

    def flip(self, data: bytes) -> bytes:
        """Another bit in one byte."""
        at = self._at(data)
        return (
            data[:at]
            + bytes(byte ^ 1 << self.random.randrange(8) for byte in data[at : at + 1])
            + data[at + 1 :]
        )

    def put(self, data: bytes) -> bytes:
        """Something odd, put in or in place of as much."""
        at, odd = self._at(data), self.random.choice([*ODD, self.random.randbytes(2)])
        return data[:at] + odd + data[at + self.random.choice((0, len(odd))) :]

    def cut(self, data: bytes) -> bytes:
        """Less of it."""
        start, end = sorted((self._at(data), self._at(data)))
        return data[:start] + data[end:]

    def repeat(self, data: bytes) -> bytes:
        """A part of it again."""
        start, end = sorted((self._at(data), self._at(data)))
        return data[:end] + data[start:end] * self.random.choice((1, 1, 2, 20)) + data[end:]

    def splice(self, data: bytes) -> bytes:
        """The beginning of it and the end of another."""
        other = self.random.choice(self.corpus)
        return data[: self._at(data)] + other[self._at(other) :]


CHANGES: list[Callable[[Fuzzer, bytes], bytes]] = [
    Fuzzer.flip, Fuzzer.put, Fuzzer.cut, Fuzzer.repeat, Fuzzer.splice,
]  # fmt: skip


def load(name: str) -> Any:
    """The target ``name``, a module of fuzz/."""
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", TARGETS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"there is no fuzz/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def inputs(name: str) -> list[bytes]:
    """What fuzz/corpus has of a target, faults of once among it."""
    path = TARGETS / f"corpus/{name}.txt"
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return [ast.literal_eval(line.removeprefix("!")) for line in lines]


def faults(name: str) -> list[bytes]:
    """Those of them that were faults once."""
    path = TARGETS / f"corpus/{name}.txt"
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return [ast.literal_eval(line[1:]) for line in lines if line.startswith("!")]


def write(name: str, kept: Sequence[bytes], were_faults: Sequence[bytes]) -> None:
    """Have fuzz/corpus hold these."""
    path = TARGETS / f"corpus/{name}.txt"
    path.parent.mkdir(exist_ok=True)
    lines = [
        *(f"!{data!r}" for data in were_faults),
        *(repr(data) for data in kept if data not in were_faults),
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


def smallest(target: Target, found: Sequence[bytes]) -> list[bytes]:
    """The shortest of these that reach what the seeds and those before them do not."""
    fuzzer = Fuzzer(target, 0)
    return [
        data for data in sorted({*found}, key=lambda data: (len(data), data)) if fuzzer.reaches_more(data)
    ][:MOST]


def fuzz(name: str, seconds: float, seed: int, *, keep: bool = False) -> bool:
    """Fuzz one target for a time; whether nothing was found."""
    target = load(name)
    fuzzer = Fuzzer(target, seed, inputs(name))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (data := fuzzer.step()) is not None:
            path = ROOT / f"build/fuzz/{name}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print(f"{name}: found {path.relative_to(ROOT)} after {fuzzer.runs} inputs (seed {seed})")
            return again(name, path)
    print(
        f"{name}: {fuzzer.runs} inputs, {len(fuzzer.corpus)} kept, {len(fuzzer.seen)} lines reached, nothing"
    )
    if keep:
        write(name, smallest(target, fuzzer.corpus), faults(name))
    return True


def again(name: str, path: Path) -> bool:
    """Run one input and show what it raises; whether it raises nothing."""
    try:
        load(name).one(path.read_bytes())
    except Exception:  # noqa: BLE001 - as in Fuzzer.step
        traceback.print_exc()
        return False
    print(f"{name}: {path} raises nothing")
    return True


def main() -> int:
    """0, or 1 when something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", metavar="[SECONDS] WIRE", help="seconds for each, then targets")
    parser.add_argument("--again", type=Path, metavar="FILE", help="run this input")
    parser.add_argument("--keep", action="store_true", help="keep in fuzz/corpus what reached more, or FILE")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random changes")
    args = parser.parse_args()
    seconds = float(args.words.pop(0)) if args.words and args.words[0].replace(".", "", 1).isdigit() else 60.0
    names = args.words or sorted(path.stem for path in TARGETS.glob("*.py"))
    if args.again and args.keep:
        for name in names:
            write(name, inputs(name), [*faults(name), args.again.read_bytes()])
    if args.again:
        return 0 if all(again(name, args.again) for name in names) else 1
    found = [name for name in names if not fuzz(name, seconds, args.seed, keep=args.keep)]
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
