"""OAuth's page by itself: where it leads, and what keeps a person from being asked."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from interfaces.testing.slack import App, Approval, FakeSlack, SteppedClock
from interfaces.testing.slack.oauth import GOOD_FOR, authorize

BACK = "https://app.example/slack/oauth_redirect"
ASKED = {"client_id": "1.1", "scope": "chat:write", "redirect_uri": BACK, "state": "s"}


def page(slack, approval=None, **asked):
    """The status, and where it leads or what stands in the page."""
    query = urlencode({name: value for name, value in (ASKED | asked).items() if value is not None})
    answer = authorize(slack.world, approval or Approval(), query.encode())
    return answer.status, answer.headers.get("location") or answer.body.decode()


def said(location):
    """The query of where it leads."""
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"client_id": None}, "invalid_client_id"),
        ({"client_id": "2.2"}, "invalid_client_id"),
        ({"redirect_uri": None}, "bad_redirect_uri"),
        ({"redirect_uri": ""}, "bad_redirect_uri"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"client_id": "2.2", "scope": None, "redirect_uri": None}, "invalid_client_id"),
    ],
)
def test_a_person_sees_what_is_wrong(asked, word):
    """On a page: nobody is sent anywhere, and no code is made."""
    slack = FakeSlack()
    status, body = page(slack, **asked)
    assert (status, word in body) == (400, True)
    assert slack.world.codes == {}


@pytest.mark.parametrize(
    ("back", "allowed"),
    [
        (BACK, True),
        (BACK + "?x=1", True),
        ("https://app.example/slack", False),
        ("https://evil.example/", False),
        ("http://app.example/slack/oauth_redirect", False),
    ],
)
def test_it_leads_where_the_app_says_that_it_may(back, allowed):
    """The addresses on the app's page, and what begins with one."""
    slack = FakeSlack(app=App(redirect_urls=(BACK, "https://other.example/")))
    status, where = page(slack, redirect_uri=back)
    assert status == (302 if allowed else 400)
    assert where.startswith(back) is allowed


def test_without_an_address_the_apps_first_is_taken():
    """And the code says nothing of one, so that none has to be told for it."""
    slack = FakeSlack(app=App(redirect_urls=(BACK, "https://other.example/")))
    status, where = page(slack, redirect_uri=None)
    assert (status, where.startswith(f"{BACK}?")) == (302, True)
    assert slack.world.codes[said(where)["code"]].redirect_uri == ""


@pytest.mark.parametrize("back", [BACK, BACK + "?a=b"])
@pytest.mark.parametrize("state", ["s", "", None, "a&b=c d"])
def test_the_state_comes_back_as_it_was(back, state):
    """Behind whatever the address has already."""
    where = page(FakeSlack(), redirect_uri=back, state=state)[1]
    found = said(where)
    assert found["state"] == (state or "")
    assert found.get("a") == ("b" if "?" in back else None)


@pytest.mark.parametrize("error", ["access_denied", "invalid_scope"])
def test_a_person_may_say_no(error):
    """Then there is a word in place of a code."""
    slack = FakeSlack()
    found = said(page(slack, Approval(error=error))[1])
    assert found == {"error": error, "state": "s"}
    assert slack.world.codes == {}


@pytest.mark.parametrize(
    ("asked", "scopes", "user_scopes"),
    [
        ({"scope": "a,b"}, ("a", "b"), ()),
        ({"scope": "a b", "user_scope": "c"}, ("a", "b"), ("c",)),
        ({"scope": " a, ,b,", "user_scope": ""}, ("a", "b"), ()),
        ({"scope": None, "user_scope": "c,d"}, (), ("c", "d")),
    ],
)
def test_a_code_is_of_the_scopes_that_were_asked_for(asked, scopes, user_scopes):
    """With commas or blanks between them."""
    slack = FakeSlack()
    code = slack.world.codes[said(page(slack, **asked)[1])["code"]]
    assert (code.scopes, code.user_scopes) == (scopes, user_scopes)


def test_a_code_is_of_who_agreed():
    """Their team, whether it is for all of the organisation, where it was sent, and until when it is good."""
    slack = FakeSlack(clock=SteppedClock())
    approval = Approval(team_id="T9", user_id="U9", whole=True)
    first, second = (said(page(slack, approval)[1])["code"] for _ in range(2))
    assert first != second
    code = slack.world.codes[first]
    assert (code.team_id, code.user_id, code.whole, code.used) == ("T9", "U9", True, False)
    assert (code.redirect_uri, code.until) == (BACK, 1_700_000_000 + GOOD_FOR)
