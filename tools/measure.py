"""Reads the Python files of a tree, for tools/metrics.py; nothing of them is imported or run."""

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Class", "Function", "Module", "collect"]

TEST_DIRS = {"test", "tests", "_tests", "typing_tests", "testsuite"}
SKIP_DIRS = {
    "build", "dist", "site", "node_modules", "venv", "doc", "docs", "example", "examples", "bench",
    "benchmark", "benchmarks", "fuzz", "script", "scripts", "tools", "deploy", "vendor", "_vendor",
    "__pycache__",
}  # fmt: skip
SKIP_FILES = {"setup.py", "noxfile.py"}
FUNC = (ast.FunctionDef, ast.AsyncFunctionDef)
BRANCH = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.Assert,
)  # fmt: skip
NEST = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function or method; ``slots`` are the places for an annotation: parameters and the return."""

    path: Path
    line: int
    name: str
    length: int
    params: int
    complexity: int
    depth: int
    public: bool
    documented: bool
    slots: int
    typed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class, and whether it says what it is: in a docstring, and in a log."""

    public: bool
    documented: bool
    methods: int
    has_repr: bool


@dataclass(slots=True)
class Module:
    """One file and all that is counted in it."""

    path: Path
    name: str
    is_package: bool
    lines: int
    documented: bool
    code: int = 0
    comments: int = 0
    doc_lines: int = 0
    ignores: int = 0
    todos: int = 0
    any_uses: int = 0
    asserts: int = 0
    late_imports: int = 0
    has_all: bool = False
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    code_lines: list[str] = field(default_factory=list)


def collect(root: Path) -> tuple[list[Module], list[Module]]:
    """The modules and the tests under ``root``, by path."""
    source: list[Module] = []
    tests: list[Module] = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if any(p in SKIP_DIRS or p.startswith(".") or p.endswith(".egg-info") for p in relative.parts[:-1]):
            continue
        if relative.name not in SKIP_FILES:
            (tests if _is_test(relative) else source).append(_read(path, relative))
    return source, tests


def _is_test(relative: Path) -> bool:
    named = relative.name.startswith("test_") or relative.name == "conftest.py"
    return named or any(part in TEST_DIRS for part in relative.parts[:-1])


def _read(path: Path, relative: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    parts = [*relative.parts[:-1], *([] if path.name == "__init__.py" else [path.stem])]
    name = ".".join(parts[1:] if parts[:1] in (["src"], ["lib"]) else parts)
    module = Module(path, name, path.name == "__init__.py", text.count("\n"), bool(_docstring(tree)))
    doc_rows = {row for node in ast.walk(tree) for row in _docstring(node)}
    module.doc_lines = len(doc_rows)
    for node in ast.walk(tree):
        module.any_uses += isinstance(node, ast.Name) and node.id == "Any"
        module.asserts += isinstance(node, ast.Assert) or _is_assert_call(node)
        names = [*getattr(node, "targets", ()), getattr(node, "target", None)]
        module.has_all |= any(getattr(target, "id", "") == "__all__" for target in names)
    _tokens(module, text, doc_rows)
    _definitions(module, tree, public=True)
    _imports(module, tree, late=False)
    return module


def _docstring(node: ast.AST) -> range:
    """The lines of the docstring of ``node``."""
    body = getattr(node, "body", None)
    if (
        not isinstance(node, (*FUNC, ast.ClassDef, ast.Module))
        or not body
        or not isinstance(body[0], ast.Expr)
    ):
        return range(0)
    value = body[0].value
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return range(body[0].lineno, (body[0].end_lineno or body[0].lineno) + 1)
    return range(0)


def _is_assert_call(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr
    return bool(called and re.match(r"(assert[A-Z_]|raises$|fail[A-Z])", called))


def _tokens(module: Module, text: str, doc_rows: set[int]) -> None:
    """Comments, what they excuse, and the lines that bear code."""
    rows: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            module.comments += 1
            module.todos += bool(re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string))
            module.ignores += bool(re.search(r"type:\s*ignore|noqa|pragma:|mypy:", token.string))
        if token.type not in NO_CODE:
            rows.update(range(token.start[0], token.end[0] + 1))
    rows -= doc_rows
    source = text.splitlines()
    module.code = len(rows)
    module.code_lines = [" ".join(source[row - 1].split()) for row in sorted(rows) if row <= len(source)]


def _definitions(module: Module, node: ast.AST, *, public: bool) -> None:
    """Record every function and class; ``public`` says whether the enclosing scope is."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNC):
            visible = public and not child.name.startswith("_")
            if not any("overload" in ast.dump(decorator) for decorator in child.decorator_list):
                module.functions.append(_function(child, module.path, public=visible))
            _definitions(module, child, public=False)
        elif isinstance(child, ast.ClassDef):
            visible = public and not child.name.startswith("_")
            module.classes.append(_class(child, public=visible))
            _definitions(module, child, public=visible)
        else:
            _definitions(module, child, public=public)


def _function(node: Any, path: Path, *, public: bool) -> Function:
    args = node.args
    every = args.posonlyargs + args.args + args.kwonlyargs
    named = every[1:] if every and every[0].arg in {"self", "cls"} else every
    annotatable = named + [a for a in (args.vararg, args.kwarg) if a]
    span = _docstring(node)
    return Function(
        path=path,
        line=node.lineno,
        name=node.name,
        length=node.end_lineno - node.lineno + 1 - len(span),
        params=len(named),
        complexity=_complexity(node),
        depth=_depth(node),
        public=public,
        documented=bool(span),
        slots=len(annotatable) + 1,
        typed=sum(a.annotation is not None for a in annotatable) + (node.returns is not None),
    )


def _class(node: ast.ClassDef, *, public: bool) -> Class:
    names = [child.name for child in node.body if isinstance(child, FUNC)]
    told = "".join(map(ast.dump, [*node.decorator_list, *node.bases]))
    has_repr = "__repr__" in names or any(
        word in told for word in ("dataclass", "NamedTuple", "Enum", "TypedDict")
    )
    return Class(public=public, documented=bool(_docstring(node)), methods=len(names), has_repr=has_repr)


def _complexity(function: ast.AST) -> int:
    score = 1
    stack = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNC, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, BRANCH):
            score += 1
        elif isinstance(node, ast.BoolOp):
            score += len(node.values) - 1
        elif isinstance(node, ast.Match):
            score += len(node.cases)
        stack.extend(ast.iter_child_nodes(node))
    return score


def _depth(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNC, ast.ClassDef)):
            continue
        # `elif` is an If in an If's orelse: no deeper for a reader
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, _depth(child, depth + (isinstance(child, NEST) and not is_elif)))
    return deepest


def _imports(module: Module, node: ast.AST, *, late: bool) -> None:
    """Record what is imported at import time, and count what is imported inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.Import):
            found = {alias.name for alias in child.names}
        elif isinstance(child, ast.ImportFrom):
            found = {f"{_base(module, child)}.{alias.name}" for alias in child.names}
        else:
            _imports(module, child, late=late or isinstance(child, FUNC))
            continue
        module.late_imports += late
        if not late:
            module.imports |= found


def _base(module: Module, node: ast.ImportFrom) -> str:
    """The absolute name of what is imported from."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.is_package]
    return ".".join(filter(None, [*parts, node.module]))
