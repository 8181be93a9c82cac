"""What is secret never leaves: by name, by shape, by value, wherever it stands and however it is coded."""

import base64
import json
import math
from time import process_time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.console.redact import (
    BEYOND,
    DEPTH,
    ITEMS,
    MASK,
    SHOWN,
    Literals,
    Redactor,
    is_secret,
    readable,
    secrets_of,
)
from tests.console.kit import entry

SECRETS = st.text(min_size=8, max_size=40).filter(lambda text: text not in MASK)
FILLING = st.text(max_size=30)


def spelled(secret: str) -> list[str]:
    """The secret as it may stand in what is shown."""
    return [secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode()]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(secret=SECRETS, before=FILLING, after=FILLING, at=st.integers(0, 9))
def test_a_secret_never_leaves_an_entry(secret: str, before: str, after: str, at: int) -> None:
    """Whatever field, key, header, body, error or frame it stands in, and coded as it may be."""
    for form in spelled(secret):
        said = before + form + after
        event: dict[str, Any] = [
            {"text": said}, {"body": said.encode()}, {said: 1}, {"headers": [(b"x", said.encode("utf-8"))]},
            {"list": [{"deep": (said,)}]}, {"subject": said}, {"headers": [[said, "x"]]}, {"raw": {"a": said}},
            {"text": "x" * (SHOWN - 3) + said}, {"body": b"x" * (SHOWN - 3) + said.encode()},
        ][at]  # fmt: skip
        one = entry("udp", {"type": "udp.receive", **event}, conversation=said, error=said)
        one.call.redactor = Redactor([secret])
        shown = json.dumps([one.summary(), one.detail()], ensure_ascii=False)
        assert form not in shown and secret not in shown
        assert not one.fits(secret.lower()) or secret.lower() in "udp.receive[redacted]"


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["authorization", "cookie", "x-api-key", "password", "client_secret", "bot_token",
                          "x-slack-signature", "csrfmiddlewaretoken", "sessionid", "Set-Cookie", "response_url"]),
    secret=st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\\"',;&<"),
                   min_size=6, max_size=30).filter(lambda text: text not in MASK),
)  # fmt: skip
def test_a_field_of_a_secret_name_never_leaves(name: str, secret: str) -> None:
    """As a key, a header, a form's field, a JSON text, and a line of a header."""
    assert is_secret(name)
    redactor = Redactor()
    told = [
        redactor.data({name: secret}),
        redactor.data({"a": [{name: secret.encode()}]}),
        redactor.data([(name.encode(), secret.encode())], "headers"),
        redactor.text(f'{{"a": 1, "{name}": "{secret}"}}'),
        redactor.text(f"a=1&{name}={secret}&b=2"),
    ]
    for one in told:
        assert secret not in json.dumps(one), name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: [redacted]"),
        ("say Bearer abcdefghijk now", "say Bearer [redacted] now"),
        ("xoxb-12345-abcdef is it", "[redacted] is it"),
        ("xapp-1-A1-abcdef", "[redacted]"),
        ("redis://user:geheim@host:1", "redis://user:[redacted]@host:1"),
        ("?token=abc&x=1", "?token=[redacted]&x=1"),
        ('{"password": "a\\"b", "x": 1}', '{"password": "[redacted]", "x": 1}'),
        ('{"password": "line\nline", "x": 1}', '{"password": "[redacted]", "x": 1}'),
        ("{'api_key': 'ab\"c', 'x': 1}", "{'api_key': '[redacted]', 'x': 1}"),
        ('login(user, password="hunter22")', 'login(user, password="[redacted]")'),
        ("token = 'abc'", "token = '[redacted]'"),
        ("Cookie: a=b\r\n c=d\r\nX: y", "Cookie: [redacted]\r\nX: y"),
        ("DKIM-Signature: v=1; a=rsa", "DKIM-Signature: v=1; a=rsa"),
        ("password%5B0%5D=abc&x=1", "password%5B0%5D=[redacted]&x=1"),
        ("password[0]=abc&x=1", "password[0]=[redacted]&x=1"),
        (
            'form-data; name="password"\r\n\r\na b\r\n--B',
            'form-data; name="password"\r\n\r\n[redacted]\r\n--B',
        ),
        (
            'form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\nab\r\ncd\r\n--B--',
            'form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n[redacted]\r\n--B--',
        ),
        ('form-data; name="user"\r\n\r\nada\r\n--B', 'form-data; name="user"\r\n\r\nada\r\n--B'),
        ('<input name="password">\n\nSend', '<input name="password">\n\nSend'),
        (
            "<wsse:Password Type='x'>geheim</wsse:Password>",
            "<wsse:Password Type='x'>[redacted]</wsse:Password>",
        ),
        ("<token>abc</token><a>b</a>", "<token>[redacted]</token><a>b</a>"),
        ("nothing to see", "nothing to see"),
    ],
)
def test_shapes_of_secrets(text: str, left: str) -> None:
    """What only secrets look like is masked without anybody knowing them; what everybody may see stays."""
    assert Redactor().text(text) == left


def test_secrets_of_a_scope() -> None:
    """The authorization, its password, and the cookies that are long enough not to be words."""
    basic = base64.b64encode(b"ada:lovelace1815").decode()
    scope = {"headers": [(b"authorization", f"Basic {basic}".encode()), (b"cookie", b'lang=en; sid="abcdefgh1"'),
                         (b"host", b"example.org-long"), "odd"]}  # fmt: skip
    found = secrets_of(scope)
    assert {"lovelace1815", "abcdefgh1", basic} <= set(found)
    assert "en" not in found and not any("example.org" in one for one in found)
    assert secrets_of({"headers": [(b"authorization", b"Basic %%%")]}) != []
    assert secrets_of({}) == []


def test_values_stay_what_they_are() -> None:
    """JSON has no bytes, no infinity and no objects; all else is as it was."""

    class Odd:
        def __repr__(self) -> str:
            raise ValueError

    told = Redactor().data(
        {"n": None, "b": True, "i": 3, "f": 1.5, "inf": math.inf, "x": b"\xff\x00", "odd": Odd()}
    )
    assert (told["n"], told["b"], told["i"], told["f"], told["inf"]) == (None, True, 3, 1.5, "inf")
    assert told["x"] == {"base64": base64.b64encode(b"\xff\x00").decode(), "text": None}
    assert told["odd"] == "<Odd>"
    assert Redactor().data({"token": None, "tokens": "", "password": 0}) == {
        "token": None,
        "tokens": "",
        "password": 0,
    }


def test_all_is_bounded() -> None:
    """Long texts and bytes, long lists and deep ones are cut, and bytes say how many there were."""
    redactor = Redactor()
    assert len(redactor.text("x" * (SHOWN + BEYOND + 5))) == SHOWN
    told = redactor.data(b"x" * (SHOWN + 1))
    assert len(base64.b64decode(told["base64"])) == SHOWN and told["size"] == SHOWN + 1
    assert len(redactor.data([0] * (ITEMS + 5))) == ITEMS
    deep: Any = "end"
    for _ in range(DEPTH + 5):
        deep = [deep]
    assert "end" not in json.dumps(redactor.data(deep))


def test_short_secrets_are_left_and_more_may_be_known() -> None:
    """A secret of three letters would mask half of every text; a redactor that knows nothing new is the same."""
    redactor = Redactor(["abc", "abcdef"])
    assert redactor.text("abc abcdef") == "abc [redacted]"
    assert redactor.knowing(["abcdef"]) is redactor
    assert redactor.knowing(["other1"]).text("abcdef other1") == "[redacted] [redacted]"
    assert "2" not in repr(Redactor(["a-secret"])) and "a-secret" not in repr(Redactor(["a-secret"]))


@pytest.mark.parametrize(
    "piece",
    [
        "x",
        "token",
        "x-token",
        "bearer ",
        "://a:",
        "scram-",
        'token"',
        "token=",
        "cookie: ",
        "=",
        "\n ",
        "token'",
        "token:",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    """Whoever writes to the application chooses it: the time grows with its length, and no faster."""
    text = (piece * SHOWN)[: SHOWN + BEYOND]
    began = process_time()
    Redactor(["a-secret"]).text(text)
    assert process_time() - began < 1.0


def test_literals_are_python() -> None:
    """Bytes stay bytes and headers pairs of them, without their secrets."""
    told = Literals(["geheim12"]).data(
        {"body": b"a geheim12", "headers": [(b"cookie", b"x=1"), (b"host", b"h")]}
    )
    assert told == {"body": b"a [redacted]", "headers": [(b"cookie", b"[redacted]"), (b"host", b"h")]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"ab", "ab"),
        ("é".encode(), "é"),
        (b"ab\xc3", "ab"),
        (b"\xff\xfeabcd", None),
        (b"a\x00b", None),
        (b"", ""),
    ],
)
def test_readable(content: bytes, text: str | None) -> None:
    """UTF-8 without zeros is text, and a letter that was cut at the end harms nothing."""
    assert readable(content) == text
