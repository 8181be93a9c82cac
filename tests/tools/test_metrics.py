"""The figures of small trees that can be counted by hand."""

from pathlib import Path

import pytest

from tests.tools.loading import ROOT, load

metrics = load("tools/metrics.py")

GOOD = '''"""A module."""

__all__ = ["add"]


def add(one: int, two: int) -> int:
    """Add them."""
    return one + two
'''


F = '"""M."""\n\n\ndef f({}) -> None:\n    """F."""\n'


def tree(root: Path, **files: str) -> object:
    """The tree of a package with these files."""
    for name, text in files.items():
        path = root / "package" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return metrics.Tree(root, *metrics.collect(root))


def test_a_small_module_is_counted(tmp_path: Path) -> None:
    """Lines, functions, parameters, docstrings and annotations of one function are what one sees."""
    found = metrics.figures(tree(tmp_path, good=GOOD))
    assert (found["file_max"], found["functions"], found["func_max"], found["params_max"]) == (8, 1, 2, 2)
    assert (found["doc_pct"], found["typed_pct"], found["complexity_max"], found["cycles"]) == (
        100,
        100,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"""M."""\n' + "x = 1\n" * 400, "401 lines"),
        (F.format("") + "    f()\n" * 50, "f: length 51"),
        (F.format("a: int") + "    if a:\n        f(a)\n" * 12, "f: complexity 13"),
        (F.format("a: int, b: int, c: int, d: int, e: int, g: int, h: int"), "f: params 7"),
        ('"""M."""\n\n\ndef f() -> None:\n    f()\n', "doc_pct"),
        (F.format("a"), "typed_pct"),
    ],
)
def test_what_breaks_a_bar_is_named(tmp_path: Path, text: str, said: str) -> None:
    """Each bar has something that breaks it and is named for it."""
    broken = tree(tmp_path, bad=text)
    assert any(said in line for line in metrics.shortcomings(broken, metrics.figures(broken)))


def test_modules_that_import_each_other_are_a_cycle(tmp_path: Path) -> None:
    """A cycle counts at import time, and not under TYPE_CHECKING."""
    late = "if TYPE_CHECKING:\n    from package.one import x\n"
    assert (
        metrics.figures(tree(tmp_path, one="import package.two\n", two="import package.one\n"))["cycles"] == 1
    )
    assert metrics.figures(tree(tmp_path, one="import package.two\n", two=late))["cycles"] == 0


def test_a_window_that_stands_twice_is_duplicated(tmp_path: Path) -> None:
    """Six lines in two places are twelve duplicated lines; five are none."""
    lines = [f"name_{i} = {i}\n" for i in range(6)]
    assert metrics.duplicated(tree(tmp_path, one="".join(lines), two="".join(lines)).source) == 12
    assert metrics.duplicated(tree(tmp_path, one="".join(lines[:5]), two="".join(lines[:5])).source) == 0


def test_an_exception_excuses_one_figure_of_one_function(tmp_path: Path) -> None:
    """With a measurement it excuses; one that excuses nothing is itself a shortcoming."""
    (tmp_path / "tools").mkdir()
    row = '[[exception]]\nfile = "package/{}.py"\nfunction = "f"\nfigure = "length"\nmeasurement = "2 µs"\n'
    (tmp_path / metrics.EXCEPTIONS).write_text(row.format("bad") + row.format("good"), encoding="utf-8")
    text = F.format("") + "    f()\n" * 50
    found = tree(tmp_path, bad=text, good=GOOD)
    short = metrics.shortcomings(found, metrics.figures(found))
    assert not any("length 51" in line for line in short)
    assert any("nothing to excuse: package/good.py f length" in line for line in short)


def test_the_bars_are_those_the_contributors_are_told() -> None:
    """CONTRIBUTING names the same numbers as the check."""
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    bars = metrics.FUNCTION_BARS
    assert f"files ≤ {metrics.FILE_BAR} lines, functions ≤ {bars['length']}" in told
    assert f"complexity ≤ {bars['complexity']}, parameters ≤ {bars['params']}" in told
