"""What people see: text as text, and nothing that loads or runs."""

import re

import pytest

from interfaces.slack.installations.pages import FAILURES, HEADERS, failed, installed, redirect, refused

SCRIPT = '"><script>alert(1)</script>'


def test_it_worked():
    """The team's name as text, and a link that opens the app."""
    page = installed("A1", "T1", SCRIPT)
    text = page.body.decode()
    assert page.status == 200 and "<script" not in text and "&lt;script&gt;" in text
    assert 'href="slack://app?team=T1&amp;id=A1"' in text and "https://app.slack.com/client/T1" in text
    assert 'href="slack://open"' in installed(None, None, None).body.decode()


def test_ids_cannot_leave_their_link():
    """Whatever they are."""
    text = installed(SCRIPT, SCRIPT, None).body.decode()
    assert "<script" not in text and re.findall('href="([^"]*)"', text)[0].startswith("slack://app?team=%22")


@pytest.mark.parametrize("word", FAILURES)
def test_it_did_not(word):
    """A 4xx, or 503 for what works later; with where to begin again, and Slack's word as text."""
    page = failed(word, install="/slack/install", detail=SCRIPT)
    assert page.status == FAILURES[word][0] and (400 <= page.status < 500 or page.status == 503)
    text = page.body.decode()
    assert "<script" not in text and "&lt;script" in text and 'href="/slack/install"' in text
    assert (dict(page.headers).get(b"retry-after") is not None) == (page.status == 503)


def test_the_projects_own_pages():
    """Success as it is; failure with the error, in a query that there may be already."""
    assert dict(installed("A1", "T1", "x", success_url="https://e.org/ok?a=b").headers) == {
        b"location": b"https://e.org/ok?a=b"
    }
    page = failed("access_denied", install="/i", failure_url="https://e.org/no?a=b&c=#x")
    assert page.status == 302
    assert dict(page.headers)[b"location"] == b"https://e.org/no?a=b&c=&error=access_denied#x"


def test_a_location_is_one_line():
    """What could end it is written as a number."""
    assert (
        dict(redirect("https://e.org/\r\nx: y/ü").headers)[b"location"]
        == b"https://e.org/%0D%0Ax:%20y/%C3%BC"
    )


def test_nothing_is_loaded_or_kept():
    """Headers that say so, and no page with a script, a style or a picture."""
    said = dict(HEADERS)
    assert said[b"cache-control"] == b"no-store" and said[b"x-content-type-options"] == b"nosniff"
    assert said[b"referrer-policy"] == b"no-referrer"
    assert said[b"content-security-policy"].startswith(b"default-src 'none'; ")
    for page in (installed("A1", "T1", "x"), failed("busy", install="/i"), refused(405, "No")):
        assert not re.search(rb"<(script|style|img|link|iframe|form|meta http-equiv)", page.body)
