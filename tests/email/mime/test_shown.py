"""interfaces.email.mime.shown: of each shape that mailers write, what is the text and what is attached."""

from itertools import count

import pytest

from interfaces.email.mime.shown import flowing, leaves, name_of, shown
from interfaces.email.mime.tree import parse

PLAIN, HTML, OTHER = "text/plain", "text/html", "text/plain; charset=us-ascii"
_NUMBERS = count()


def leaf(name: str, kind: str = PLAIN, *fields: str) -> bytes:
    """A part whose body is its name."""
    return "\r\n".join([f"Content-Type: {kind}", *fields, "", name]).encode()


def tree(kind: str, *parts: bytes) -> bytes:
    """A multipart of parts."""
    mark = f"=_{next(_NUMBERS)}"
    inside = b"".join(b"--%b\r\n%b\r\n" % (mark.encode(), part) for part in parts)
    return b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n%b--%b--\r\n' % (
        kind.encode(), mark.encode(), inside, mark.encode(),
    )  # fmt: skip


FILE = leaf("file", "application/pdf", "Content-Disposition: attachment; filename=a.pdf")
IMAGE = leaf("image", "image/png", "Content-ID: <1@x>", "Content-Disposition: inline")
BOTH = tree("alternative", leaf("text"), leaf("html", HTML))

SHAPES = {
    "a text": (leaf("text"), ["text"], []),
    "html alone": (leaf("html", HTML), ["html"], []),
    "a file alone": (FILE, [], ["file"]),
    "an image alone": (leaf("image", "image/png"), [], ["image"]),
    "alternatives": (BOTH, ["text", "html"], []),
    "alternatives and a file": (tree("mixed", BOTH, FILE), ["text", "html"], ["file"]),
    "a page with its image": (
        tree("alternative", leaf("text"), tree("related", leaf("html", HTML), IMAGE)),
        ["text", "html"],
        ["image"],
    ),
    "related around alternatives": (tree("related", BOTH, IMAGE), ["text", "html"], ["image"]),
    "a page without a text": (tree("related", leaf("html", HTML), IMAGE), ["html"], ["image"]),
    "texts around a file, as Apple writes it": (
        tree("mixed", leaf("one"), FILE, leaf("two")),
        ["one", "two"],
        ["file"],
    ),
    "a footer of a list": (tree("mixed", BOTH, leaf("footer")), ["text", "html", "footer"], []),
    "two texts as alternatives": (
        tree("alternative", leaf("first"), leaf("second", OTHER)),
        ["first"],
        ["second"],
    ),
    "a calendar as the third": (
        tree("alternative", leaf("text"), leaf("html", HTML), leaf("when", "text/calendar; method=REQUEST")),
        ["text", "html"],
        ["when"],
    ),
    "texts within one alternative": (
        tree("alternative", leaf("text"), tree("mixed", leaf("html", HTML), FILE, leaf("rest", HTML))),
        ["text", "html"],
        ["file", "rest"],
    ),
    "a text that has a file's name": (
        tree("mixed", leaf("text"), leaf("log", f"{PLAIN}; name=x.log")),
        ["text"],
        ["log"],
    ),
    "a text that is to be a file": (
        tree("mixed", leaf("text"), leaf("note", PLAIN, "Content-Disposition: attachment")),
        ["text"],
        ["note"],
    ),
    "a text that is inline": (
        tree("mixed", leaf("text"), leaf("note", PLAIN, "Content-Disposition: inline")),
        ["text", "note"],
        [],
    ),
    "a signed one": (
        tree("signed", leaf("text"), leaf("signature", "application/pgp-signature; name=signature.asc")),
        ["text"],
        ["signature"],
    ),
    "an encrypted one": (
        tree(
            "encrypted",
            leaf("version", "application/pgp-encrypted"),
            leaf("secret", "application/octet-stream"),
        ),
        [],
        ["version", "secret"],
    ),
    "a message that is attached": (
        tree("mixed", leaf("text"), b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside"),
        ["text"],
        ["Subject: inner\r\n\r\ninside"],
    ),
    "a multipart of nothing": (
        b'Content-Type: multipart/mixed; boundary="none"\r\n\r\njust text',
        ["just text"],
        [],
    ),
    "an empty one": (b"Subject: x\r\n\r\n", [""], []),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_text_of_a_message_and_what_is_attached(shape: str) -> None:
    """Each part is one or the other, in its order."""
    content, texts, files = SHAPES[shape]
    root = parse(content)
    chosen = shown(root)
    others = [part for part in leaves(root) if not any(part is one for one in chosen)]
    assert [part.body.rstrip(b"\r\n").decode() for part in chosen] == texts
    assert [part.body.rstrip(b"\r\n").decode() for part in others] == files


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (["Content-Disposition: attachment; filename=a.txt"], "a.txt"),
        (["Content-Type: text/plain; name=b.txt"], "b.txt"),
        (
            ["Content-Type: text/plain; name=b.txt", "Content-Disposition: attachment; filename=a.txt"],
            "a.txt",
        ),
        (["Content-Type: text/plain; name=b.txt", "Content-Disposition: attachment"], "b.txt"),
        (["Content-Disposition: attachment; filename*=utf-8''%C3%A9.txt"], "é.txt"),
        ([], ""),
    ],
)
def test_the_name_that_a_sender_gives(fields: list[str], name: str) -> None:
    """That of the disposition, else that of the type, as older mailers write it."""
    assert name_of(parse("\r\n".join([*fields, "", "x"]).encode())) == name


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/plain", "one \ntwo\n"),
        ("text/plain; format=flowed", "one two\n"),
        ("text/plain; format=Flowed; delsp=YES", "onetwo\n"),
        ("text/plain; format=fixed", "one \ntwo\n"),
    ],
)
def test_paragraphs_are_in_one_line_where_a_mailer_has_broken_them(kind: str, text: str) -> None:
    """It says so; nobody else's lines are put together."""
    assert flowing(parse(f"Content-Type: {kind}\r\n\r\none \r\ntwo\r\n".encode())) == text


def test_a_tree_of_any_depth_is_walked_without_recursion() -> None:
    """As deep as a message may be."""
    content = leaf("text")
    for _ in range(90):
        content = tree("mixed", content)
    assert [part.body for part in shown(parse(content))] == [b"text"]
