"""Each line of the page of guarantees is proven by tests that there are."""

import ast
import re
from functools import cache

import pytest

from tests.docs.test_pages import PAGES
from tests.tools.loading import ROOT

PAGE = PAGES["docs/explanation/guarantees.md"]
ROWS = [
    row
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    for row in table.splitlines()[2:]
    if not row.endswith("| – of any server |")
]
PROOFS = sorted({*re.findall(r"`(tests/[^`]+)`", PAGE)})


@cache
def functions(path: str) -> set[str]:
    """The tests of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("proof", PROOFS)
def test_a_proof_is_there(proof: str) -> None:
    """It names a file, or one test of it, that is there: one that was renamed is renamed on the page, too."""
    path, _, name = proof.partition("::")
    assert (ROOT / path).is_file()
    assert not name or name in functions(path)


def test_every_row_has_a_proof() -> None:
    """Nothing is promised that nobody has tried."""
    assert len(ROWS) > 50
    assert [row for row in ROWS if "`tests/" not in row.rpartition(" | ")[2]] == []
