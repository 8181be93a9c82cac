"""Reference tables from the TypedDicts of a `messages` module; its source is read for the notes."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

__all__ = ["Notes", "tables"]


def tables(module: ModuleType, *more: ModuleType) -> str:
    """Markdown: a section a scope of ``module.SCOPES``, with its keys and the messages that pass in it.

    ``more``: where others of its classes stand.
    """
    notes = Notes(module, *more)
    parts = []
    for scope, messages in module.SCOPES.items():
        parts += [
            f"### The scope `{notes.kind(scope)}`",
            "",
            inspect.getdoc(scope) or "",
            "",
            *notes.table(scope),
            "",
        ]
        for message in messages:
            parts += [
                f"#### `{notes.kind(message)}`",
                "",
                (inspect.getdoc(message) or "").replace("``", "`"),
                "",
            ]
            rows = notes.table(message)
            parts += [*rows, ""] if len(rows) > 2 else []
    return "\n".join(parts)


class Notes:
    """The fields of a module's classes as they stand in its source, each with the string below it."""

    def __init__(self, *modules: ModuleType) -> None:
        trees = [ast.parse(inspect.getsource(one)) for one in modules]
        nodes = [node for tree in trees for node in tree.body]
        self._classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}

    def kind(self, of: type) -> str:
        """The value of its ``type``; of several all, between which stands what a heading in code quotes needs."""
        (node,) = (n for name, n, _ in self._fields(of.__name__) if name == "type")
        found = ast.literal_eval(node.slice) if isinstance(node, ast.Subscript) else ""
        return "`, `".join(found) if isinstance(found, tuple) else str(found)

    def table(self, of: type) -> list[str]:
        """A row a key, other than ``type``."""
        rows = ["| Key | Type | Meaning |", "|---|---|---|"]
        for name, node, note in self._fields(of.__name__):
            if name != "type":
                kind = ast.unparse(node).replace("|", "\\|")
                meaning = _plain(note).replace("|", "\\|")
                rows.append(f"| `{name}` | `{kind}` | {meaning} |")
        return rows

    def meanings(self, of: type) -> Iterator[tuple[str, str]]:
        """Each key with what stands below it, "" where that is nothing."""
        yield from ((name, _plain(note)) for name, _, note in self._fields(of.__name__))

    def _fields(self, name: str) -> Iterator[tuple[str, Any, str]]:
        node = self._classes[name]
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in self._classes:
                yield from self._fields(base.id)
        for field, after in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                yield field.target.id, field.annotation, str(after.value.value) if said else ""


def _plain(note: str) -> str:
    return " ".join(note.split()).replace("``", "`")
