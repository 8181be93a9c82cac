"""interfaces.sms.providers: every provider's table, run."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.shared.errors import ApplicationError, ConfigError, PeerError, Unavailable
from interfaces.shared.webhook import Answer, Request
from interfaces.sms.providers.base import Inbound, Receipt, Sent, Wanted
from interfaces.sms.providers.opening import TABLE
from tests.sms.harness import Desk
from tests.sms.providers.cases import PROVIDERS, SUITES
from tests.sms.providers.runner import NOW, content, message, opened, outcome, request, through


def rows(kind):
    """Every row of that kind, with its suite."""
    return [
        pytest.param(suite, row, id=f"{suite.name}: {getattr(row, 'what', getattr(row, 'words', ''))}")
        for suite in SUITES
        for row in getattr(suite, kind)
    ]


SUITE = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
TAKEN = [
    param
    for param in rows("posted")
    if isinstance(param.values[1].found, (list, tuple)) and param.values[1].found
]


@pytest.mark.parametrize(("suite", "row"), rows("posted"))
def test_what_is_posted_is_read(suite, row):
    """Each request says what stands beside it, or is refused with that status."""
    found = outcome(opened(suite, **row.account), row, suite.url)
    assert found == (list(row.found) if isinstance(row.found, (list, tuple)) else row.found)


@pytest.mark.parametrize(("suite", "row"), TAKEN)
def test_nothing_is_believed_without_its_signature(suite, row):
    """The same request, forged, is refused before it is read."""
    made, given = opened(suite, **row.account), row.request
    assert outcome(made, replace(row, request=suite.forged(given)), suite.url) in (401, 403)


@pytest.mark.parametrize(("suite", "row"), TAKEN)
def test_what_is_read_keeps_what_the_provider_said(suite, row):
    """In raw."""
    found = opened(suite, **row.account).read(row.request, row.url or suite.url, row.now)
    assert all(one.raw for one in found)


@SUITE
def test_a_wrong_signature_reaches_nobody(suite):
    """The webhook answers 403, and the application hears nothing."""
    row = next(row for row in suite.posted if isinstance(row.found, list) and not row.account)
    desk, made = Desk(), opened(suite)
    ((status, _, _),) = asyncio.run(through(desk, made, suite.forged(row.request)))
    assert status == 403
    assert desk.heard == []


@SUITE
def test_what_is_signed_reaches_the_application(suite):
    """Once, in the words of the contract; and the provider is answered as it wants to be."""
    row = next(
        row for row in suite.posted
        if isinstance(row.found, list) and not row.account and not row.url and row.now == NOW
    )  # fmt: skip
    desk, made = Desk(), opened(suite)
    ((status, headers, body),) = asyncio.run(through(desk, made, row.request))
    assert [event["type"] for event in desk.heard] == [
        "sms.receive" if isinstance(one, Inbound) else "sms.status" for one in row.found
    ]
    right = made.accepted(())
    assert status == right.status
    if right.content:
        assert (headers[b"content-type"], body) == right.content


@SUITE
def test_replies_stand_in_the_answer(suite):
    """In the provider's own words, where it takes them; else there are none."""
    made = opened(suite)
    assert made.replies == any(replies for replies, _ in suite.replies)
    for replies, answer in suite.replies:
        assert made.accepted(replies) == answer
    assert 200 <= made.accepted(()).status < 300


@SUITE
def test_what_is_refused_and_what_is_deferred(suite):
    """The one is not repeated by the provider, the other is."""
    made, (answer, status) = opened(suite), suite.refused
    said = made.refused(status, "No")
    assert (said.status, said.content, said.headers) == (answer.status, answer.content, answer.headers)
    assert made.deferred().status == suite.deferred


@pytest.mark.parametrize(("suite", "row"), rows("asks"))
def test_how_it_is_asked_to_send(suite, row):
    """The exact request; or why there is none."""
    made = opened(suite, **row.account)
    if row.error:
        with pytest.raises(ApplicationError, match=row.error):
            made.ask(row.message)
        return
    asked = made.ask(row.message)
    assert (asked.method, asked.url) == ("POST", row.url or suite.asks_url)
    assert content(asked.body, asked.headers["content-type"]) == row.body
    assert {name: asked.headers.get(name) for name in row.headers} == row.headers
    assert asked.idempotent is row.idempotent
    assert all(name == name.lower() for name in asked.headers)


@SUITE
def test_what_is_binary_is_sent_or_refused(suite):
    """Nothing else than what was given is ever sent."""
    made, binary = opened(suite), message("", data=b"\x00\x01", encoding="binary")
    if suite.binary:
        assert made.ask(binary).body
    else:
        with pytest.raises(ApplicationError, match="binary"):
            made.ask(binary)


@pytest.mark.parametrize(("suite", "row"), rows("heard"))
def test_what_its_answer_means(suite, row):
    """Sent, later, failed, or nobody knows."""
    made = opened(suite, **row.account)
    assert made.answered(row.status, row.headers, row.body.encode()) == row.sent


@SUITE
def test_what_is_scheduled_can_be_cancelled_or_not(suite):
    """By a request about that message, whose id is quoted."""
    made = opened(suite)
    asked = made.cancel("id-1")
    assert (asked.url if asked else "") == suite.cancel
    other = made.cancel("a/../b?c")
    assert other is None or "a/../b?c" not in other.url


@pytest.mark.parametrize(("suite", "row"), rows("lacking"))
def test_what_an_account_lacks(suite, row):
    """One line, which says whose account, and where that stands."""
    with pytest.raises(ConfigError) as caught:
        opened(suite, name="main", **row.account)
    said = str(caught.value)
    assert row.words in said and said.startswith("sms.accounts main: ")
    assert "\n" not in said and suite.account.secret not in said.replace("secret is", "")


@SUITE
def test_no_secret_is_shown(suite):
    """Neither by the provider nor by a request to it."""
    made = opened(suite)
    shown = repr(made) + repr(made.ask(message()))
    secrets = [secret for secret in (suite.account.secret, *suite.account.signing) if secret]
    assert secrets
    assert all(secret not in shown for secret in secrets)
    assert "authorization" not in shown.lower()


@SUITE
def test_it_fits_its_contract(suite):
    """What the webhook asks of a provider beside its methods."""
    made = opened(suite)
    assert made.name == suite.name and made.types and 0 < made.patience < 60
    assert made.replies in (True, False) and made.timed in (True, False)
    assert suite.name == "aws" or made.got(Wanted("https://a.example/"), b"") is None


PIECES = [b"", b"null", b"0", b"[]", b"{}", b'"', b"%00", b"\xff", b"-1", b"1e999", b"9" * 30, b"\\ud800"]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)


def tried(made, given: Request, url: str):
    """What is read of anything at all."""
    try:
        found = made.read(given, url, NOW)
    except PeerError as error:
        found = error.answer
        fits = isinstance(found, Answer) and 400 <= found.status <= 599 and "\n" not in found.text
    except Unavailable:
        return
    else:
        fits = True
    assert fits
    assert isinstance(found, Answer | Wanted) or all(isinstance(one, Inbound | Receipt) for one in found)


@SUITE
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_is_posted_is_read_or_refused(suite, data):
    """Signed or not: a message, an answer, or a refusal with a status; no other error."""
    made, body = opened(suite), data.draw(BODIES)
    kind = data.draw(st.sampled_from(made.types))
    names = sorted({name for row in suite.posted for name in row.request.headers})
    headers = {name.decode(): data.draw(st.text("abc=,.:;/+", max_size=20)) for name in names}
    tried(made, request(body, kind, suite.url, {**headers, "content-type": kind}), suite.url)
    if suite.sign is not None:
        given = suite.sign(body, kind)
        tried(made, given, f"{suite.url}?{given.query.decode()}" if given.query else suite.url)


@SUITE
@settings(max_examples=25)
@given(data=st.data())
def test_fields_of_any_kind_are_read_or_refused(suite, data):
    """What is posted, with another value in one of its places, and signed again."""
    if suite.sign is None:
        return
    made = opened(suite)
    row = data.draw(st.sampled_from([row for row in suite.posted if row.request.body]))
    body, size = row.request.body, len(row.request.body)
    at = data.draw(st.integers(0, size))
    other = data.draw(
        st.sampled_from([b"", b"null", b"0", b"[]", b"{}", b'"', b"%00", b"\xff", b"-1", b"1e999", b"9" * 30])
    )
    changed = body[:at] + other + body[min(size, at + data.draw(st.integers(0, 12))) :]
    kind = row.request.header(b"content-type").partition(";")[0]
    given = suite.sign(changed, kind)
    tried(made, given, f"{suite.url}?{given.query.decode()}" if given.query else suite.url)


@SUITE
@settings(max_examples=25)
@given(status=st.integers(100, 599), body=BODIES, after=st.text(max_size=12))
def test_whatever_it_answers_means_something(suite, status, body, after):
    """One of four things, whatever the body is."""
    sent = opened(suite).answered(status, {"retry-after": after}, body)
    assert isinstance(sent, Sent)
    assert sent.state in ("sent", "later", "failed", "uncertain")
    assert sent.state != "sent" or 200 <= status < 300
    assert "\n" not in sent.error and len(sent.error) <= 400
    assert sent.retry_after is None or sent.retry_after >= 0


def test_every_provider_has_its_table():
    """One each."""
    assert {*PROVIDERS} == {*TABLE}
