import pytest

from interfaces.email.auth.tags import read, unfolded


def test_a_list() -> None:
    """Tags keep their order, values lose the blanks around them; one semicolon at the end is none too many."""
    found = read(" v=1; d = example.org ;\r\n\th=from : to; b=a=\r\n b==; ")
    assert list(found.items()) == [("v", "1"), ("d", "example.org"), ("h", "from : to"), ("b", "a=\r\n b==")]
    assert unfolded(found["b"]) == "a=b=="
    assert read("") == {}


@pytest.mark.parametrize("text", ["v", "v=1;;d=x", "=1", "1=1", "v=1; v=2", "a b=1", "a-b=1"])
def test_what_is_no_list(text: str) -> None:
    """A tag without a name or a value, and one that is there twice, makes the whole invalid (RFC 6376 §3.2)."""
    with pytest.raises(ValueError, match="tag"):
        read(text)
