"""interfaces.email.mime.filenames: what a stranger calls a file is made a name that can be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime.filenames import LONGEST_NAME, safe


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("report.pdf", "report.pdf"),
        ("Jörgs Bericht (2).pdf", "Jörgs Bericht (2).pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("/", "attachment.pdf"),
        ("..", "attachment.pdf"),
        ("", "attachment.pdf"),
        (".bashrc", "bashrc"),
        ("a\x00b\r\nc\x1b.txt", "abc.txt"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("name. . ", "name"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.txt", "console.txt"),
        ("a\u2028b.txt", "ab.txt"),
        ("\ud800.txt", "txt"),
        ("e\u0301.txt", "é.txt"),
    ],
)
def test_a_name_is_made_safe(name: str, found: str) -> None:
    """One component, nothing hidden, nothing unseen, no device; what is harmless stays as it is."""
    assert safe(name, "application/pdf") == found


def test_a_long_name_keeps_its_extension() -> None:
    """And is cut where no character is cut in two."""
    assert safe("ö" * 500 + ".tar.gz").endswith("ö.gz")
    assert len(safe("ö" * 500 + ".pdf").encode()) in (LONGEST_NAME, LONGEST_NAME - 1)
    assert safe("a" * 300 + "." + "b" * 100) == "a" * LONGEST_NAME


@given(st.text(max_size=300), st.sampled_from(["", "text/plain", "x/y"]))
def test_any_name_is_safe(name: str, kind: str) -> None:
    """Whatever it is; and to make it safe again changes nothing."""
    found = safe(name, kind)
    assert found and found.strip(". ") and not {*'/\\<>:"|?*\0'} & {*found}
    assert len(found.encode()) <= LONGEST_NAME and not found.startswith(".")
    assert safe(found, kind) == found
