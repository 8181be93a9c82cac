"""Finds in the code's syntax trees what it counts and measures, by name; where a name is made, as a pattern."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import interfaces

__all__ = ["ROOT", "Emitted", "emitted", "emitted_by"]

ROOT = Path(interfaces.__file__).resolve().parent
COUNTERS = {"count", "_count", "counter", "Noise", "_say_once"}
METERS = {"gauge", "histogram"}
CALLS = re.compile(rf"({'|'.join(COUNTERS | METERS)})\(")
"""What need not be read further has none of these."""
NAME = re.compile(r"(?!\*\.\*)[a-z*][a-z0-9_*]*(\.[a-z0-9_*]+)+")
WORD = re.compile("[a-z_]+")
OWNERS = {"self", "intake", "course.intake", "self.intake"}
"""Who puts a name and a dot in front of a word that it is told to count."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """One figure: ``pattern`` is its name, * in it stands for what is known only when it runs."""

    pattern: str
    kind: str
    where: str = field(compare=False)
    labels: frozenset[str] = frozenset()


def emitted() -> list[Emitted]:
    """Of the whole package, but what is for tests."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        if not where.startswith("testing/") and CALLS.search(source):
            found += emitted_by(source, where)
    return found


def emitted_by(source: str, where: str) -> list[Emitted]:
    """Of one module."""
    tree = ast.parse(source)
    constants = _constants(tree)
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if called not in COUNTERS | METERS:
            continue
        kind = called if called in METERS else "counter"
        place = f"{where}:{call.lineno}"
        labels = frozenset(word.arg or "" for word in call.keywords) if called in METERS else frozenset()
        owned = called in METERS or ast.unparse(getattr(call.func, "value", call.func)) in OWNERS
        names = _names(call.args, constants, "" if called in METERS else "*." if owned else None)
        found += [Emitted(pattern, kind, place, labels) for pattern in names]
    return found


def _constants(tree: ast.Module) -> dict[str, list[str]]:
    """Texts, and tuples of texts, that the module calls by a name; and what loops over such a tuple is called."""
    found: dict[str, list[str]] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and getattr(node, "value", None) is not None:
            texts = _texts(node.value)
            if texts:
                found[target.id] = texts
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            texts = _texts(node.iter) or found.get(getattr(node.iter, "id", ""), [])
            if texts:
                found[node.target.id] = texts
    return found


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _names(arguments: list[ast.expr], constants: dict[str, list[str]], before: str | None) -> Iterator[str]:
    """The names among the first two arguments of a call; ``before``: what stands in front of a word without a dot."""
    for argument in arguments[:2]:
        for text in _said(argument, constants):
            if NAME.fullmatch(text):
                yield text
            elif before is not None and WORD.fullmatch(text):
                yield before + text


def _said(node: ast.expr, constants: dict[str, list[str]]) -> list[str]:
    """What an expression may be; * for what cannot be told."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Name):
        return constants.get(node.id, [])
    if isinstance(node, ast.IfExp):
        return [*_said(node.body, constants), *_said(node.orelse, constants)]
    if isinstance(node, ast.JoinedStr):
        said = [""]
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            more = _said(inner, constants) or ["*"]
            said = [before + after for before in said for after in more]
        return said
    return []
