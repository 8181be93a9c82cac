"""Files of the page: by their names, and no others."""

from pathlib import Path

import pytest

from interfaces.console import pages
from interfaces.console.pages import page
from interfaces.shared.errors import PeerError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files, with a secret beside it."""
    root = tmp_path / "static"
    root.mkdir()
    (root / "index.html").write_text("<p>page")
    (root / "a.js").write_text("js")
    (root / "notes.txt").write_text("no")
    (tmp_path / "secret.js").write_text("secret")
    (root / "link.js").symlink_to(tmp_path / "secret.js")
    monkeypatch.setattr(pages, "ROOT", root)
    return root


def test_files_by_name(root: Path) -> None:
    """With their types."""
    assert page("/").content == (b"text/html; charset=utf-8", b"<p>page")
    assert page("/static/a.js").content == (b"text/javascript; charset=utf-8", b"js")


@pytest.mark.parametrize(
    "path",
    ["/static/nothing.js", "/static/notes.txt", "/static/", "/static/../secret.js", "/static/link.js", "/other",
     "/static//etc/passwd", "/static/\x00.js", "/index"],
)  # fmt: skip
def test_all_else_is_404(root: Path, path: str) -> None:
    """What is elsewhere, linked there, or of another kind."""
    with pytest.raises(PeerError):
        page(path)


def test_the_page_has_no_script_of_its_own_in_it() -> None:
    """The Content-Security-Policy would not run it."""
    content = page("/").content
    assert content is not None
    assert b"<script>" not in content[1] and b"style=" not in content[1] and b"onclick" not in content[1]
