"""What is counted of a file, one construct at a time."""

from pathlib import Path

import pytest

from tests.tools.loading import load

measure = load("tools/measure.py")


def module(root: Path, text: str, name: str = "package/a.py") -> object:
    """The figures of one file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    source, tests = measure.collect(root)
    return next(one for one in (*source, *tests) if one.path == path)


@pytest.mark.parametrize(
    ("body", "complexity", "depth"),
    [
        ("pass", 1, 0),
        ("if a:\n  pass", 2, 1),
        ("if a:\n  pass\nelse:\n  pass", 2, 1),
        ("if a:\n  pass\nelif b:\n  pass\nelif c:\n  pass", 4, 1),
        ("if a:\n  if b:\n    pass", 3, 2),
        ("if a:\n  pass\nelse:\n  if b:\n    pass\n  c()", 3, 2),
        ("for a in b:\n  pass", 2, 1),
        ("while a and b and c:\n  pass", 4, 1),
        ("a = b or c", 2, 0),
        ("a = b if c else d", 2, 0),
        ("a = [b for b in c if d]", 2, 0),
        ("a = [b for c in d for b in c]", 3, 0),
        ("assert a", 2, 0),
        ("try:\n  pass\nexcept A:\n  pass\nexcept B:\n  pass", 3, 1),
        ("with a:\n  pass", 1, 1),
        ("match a:\n  case 1:\n    pass\n  case _:\n    pass", 3, 0),
        ("def g():\n  if a:\n    pass", 1, 0),
        ("a = lambda: b if c else d", 1, 0),
    ],
)
def test_complexity_and_depth(tmp_path: Path, body: str, complexity: int, depth: int) -> None:
    """One for the function, and one for each way that it can go; what is within another function is that one's."""
    text = "def f():\n" + "".join(f"  {line}\n" for line in body.splitlines())
    found = next(one for one in module(tmp_path, text).functions if one.name == "f")
    assert (found.complexity, found.depth) == (complexity, depth)


@pytest.mark.parametrize(
    ("signature", "params", "slots", "typed"),
    [
        ("()", 0, 1, 0),
        ("() -> None", 0, 1, 1),
        ("(self, a)", 1, 2, 0),
        ("(cls, a: int) -> int", 1, 2, 2),
        ("(a, /, b, *, c)", 3, 4, 0),
        ("(a: int, *args: int, **named: int) -> None", 1, 4, 4),
        ("(self)", 0, 1, 0),
    ],
)
def test_parameters_and_annotations(
    tmp_path: Path, signature: str, params: int, slots: int, typed: int
) -> None:
    """``self`` is no parameter; stars need an annotation though they are none; the return needs one, too."""
    (found,) = module(tmp_path, f"def f{signature}: pass\n").functions
    assert (found.params, found.slots, found.typed) == (params, slots, typed)


def test_a_docstring_is_no_length(tmp_path: Path) -> None:
    """Neither is it code: of a module, a class or a function. A string elsewhere is."""
    method = '    def f(self):\n        """F."""\n        return """x\ny"""\n'
    text = f'"""M."""\n\n\nclass A:\n    """A.\n\n    Long.\n    """\n\n{method}'
    found = module(tmp_path, text)
    assert (found.functions[0].length, found.code, found.doc_lines) == (3, 4, 6)
    assert found.documented and found.classes[0].documented and found.functions[0].documented


def test_lines_with_code(tmp_path: Path) -> None:
    """Blank lines and comments are none; each line of a statement over several is one."""
    found = module(tmp_path, "# a comment\n\na = (\n    1,  # TODO: more\n\n    2,\n)\n# noqa: E501\n")
    assert (found.lines, found.code, found.comments, found.todos, found.ignores) == (8, 4, 3, 1, 1)


def test_what_is_public(tmp_path: Path) -> None:
    """No underscore in its name or in that of what it is in; what is in a function is nobody's else."""
    text = (
        "class A:\n  def f(self):\n    def g(): pass\n  def _h(self): pass\nclass _B:\n  def i(self): pass\n"
    )
    found = module(tmp_path, text)
    assert {one.name: one.public for one in found.functions} == {
        "f": True,
        "g": False,
        "_h": False,
        "i": False,
    }
    assert [one.public for one in found.classes] == [True, False]
    assert [one.methods for one in found.classes] == [2, 1]


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("class A: pass", False),
        ("class A:\n  def __repr__(self): return ''", True),
        ("@dataclass\nclass A: pass", True),
        ("@dataclasses.dataclass(frozen=True)\nclass A: pass", True),
        ("class A(NamedTuple): pass", True),
        ("class A(enum.StrEnum): pass", True),
        ("class A(B): pass", False),
    ],
)
def test_what_says_what_it_is(tmp_path: Path, text: str, has: bool) -> None:
    """A class has a repr of its own, or one that is made for it."""
    assert module(tmp_path, text + "\n").classes[0].has_repr is has


def test_overloads_are_one_function(tmp_path: Path) -> None:
    """The one that is run."""
    text = "@overload\ndef f(a: int): ...\n@typing.overload\ndef f(a: str): ...\ndef f(a): pass\n"
    assert [one.line for one in module(tmp_path, text).functions] == [5]


@pytest.mark.parametrize(
    ("text", "name", "imports", "late"),
    [
        ("import a.b, c as d", "package/a.py", {"a.b", "c"}, 0),
        ("from a import b, c", "package/a.py", {"a.b", "a.c"}, 0),
        ("from . import b", "package/a.py", {"package.b"}, 0),
        ("from .b import c", "package/a.py", {"package.b.c"}, 0),
        ("from ..b import c", "package/sub/a.py", {"package.b.c"}, 0),
        ("from .b import c", "package/sub/__init__.py", {"package.sub.b.c"}, 0),
        ("def f():\n  import a", "package/a.py", set(), 1),
        ("try:\n  import a\nexcept ImportError:\n  import b", "package/a.py", {"a", "b"}, 0),
        ("if TYPE_CHECKING:\n  import a", "package/a.py", set(), 0),
        ("if typing.TYPE_CHECKING:\n  from a import b", "package/a.py", set(), 0),
    ],
)
def test_imports(tmp_path: Path, text: str, name: str, imports: set[str], late: int) -> None:
    """By their absolute names; in a function they are late, for the types alone they are none."""
    found = module(tmp_path, text + "\n", name)
    assert (found.imports, found.late_imports) == (imports, late)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("package/a.py", "source"),
        ("package/test_a.py", "test"),
        ("conftest.py", "test"),
        ("tests/helper.py", "test"),
        ("package/tests/deep/helper.py", "test"),
        ("package/testing/kit.py", "source"),
        ("docs/conf.py", "none"),
        ("fuzz/frames.py", "none"),
        ("package/tools/a.py", "none"),
        (".venv/lib/a.py", "none"),
        ("a.egg-info/a.py", "none"),
        ("setup.py", "none"),
        ("tools.py", "source"),
    ],
)
def test_which_files_count(tmp_path: Path, name: str, kind: str) -> None:
    """Tests by their name or their folder; what is no part of the package is left out, wherever it lies."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a = 1\n", encoding="utf-8")
    source, tests = measure.collect(tmp_path)
    found = {**{one.path: "source" for one in source}, **{one.path: "test" for one in tests}}
    assert found.get(path, "none") == kind


def test_names_of_modules(tmp_path: Path) -> None:
    """As they are imported: a package by its folder, and without the folder that only holds the sources."""
    for name in ("package/__init__.py", "package/a.py", "src/other/b.py"):
        module(tmp_path, "", name)
    source, _ = measure.collect(tmp_path)
    assert [one.name for one in source] == ["package", "package.a", "other.b"]


def test_asserts_are_counted_in_any_style(tmp_path: Path) -> None:
    """Of pytest, and of unittest."""
    text = "assert a\nself.assertEqual(a, b)\nself.fail_later()\nself.failUnless(a)\nwith pytest.raises(A): pass\n"
    assert module(tmp_path, text).asserts == 4


def test_where_it_says_what_is_public(tmp_path: Path) -> None:
    """``__all__`` counts however it is given, in the module itself."""
    assert module(tmp_path, "__all__ = []\n").has_all
    assert module(tmp_path, "__all__: list[str] = []\n").has_all
    assert not module(tmp_path, "a = __all__\n").has_all
