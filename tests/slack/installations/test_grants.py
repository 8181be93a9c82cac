"""What Slack grants for a code, field by field, with a client that answers by script; and states of any browser."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from interfaces.shared.errors import Unavailable
from interfaces.shared.webhook import AHEAD
from interfaces.slack.installations.client import LATER, Refused
from interfaces.slack.installations.granting import grant
from interfaces.slack.installations.state import StateError, States, new_browser, read_browser
from interfaces.slack.options import SlackOptions

OPTIONS = {"signing_secret": ("s",), "client_id": "1.1", "client_secret": "cs", "installations": "file:x"}
BOT = {
    "ok": True, "app_id": "A1", "access_token": "xoxb-1", "token_type": "bot", "scope": "chat:write,commands",
    "bot_user_id": "UBOT", "team": {"id": "T1", "name": "Acme"}, "enterprise": None, "authed_user": {"id": "U1"},
    "is_enterprise_install": False,
}  # fmt: skip
ABOUT = {"ok": True, "bot_id": "B1", "url": "https://acme.slack.com/"}


def answer(data, status=200):
    """As slack_sdk has it."""
    return AsyncSlackResponse(
        client=None, http_verb="POST", api_url="x", req_args={}, data=data, headers={}, status_code=status
    )


class Client:
    """Answers by script, and keeps what it was asked."""

    def __init__(self, access, about=ABOUT):
        self.access, self.about = access, about
        self.asked = []

    async def _said(self, name, said, named):
        self.asked.append((name, named))
        if isinstance(said, Exception):
            raise said
        return answer(said)

    async def oauth_v2_access(self, **named):
        return await self._said("access", self.access, named)

    async def auth_test(self, **named):
        return await self._said("about", self.about, named)


def granted(access, about=ABOUT, **more):
    """What is granted, and what was asked for that."""
    client = Client(access, about)
    return asyncio.run(grant(client, SlackOptions(**OPTIONS | more), "code")), client.asked


def refused(word, status=200):
    """What slack_sdk raises for this word."""
    return SlackApiError("no", answer({"ok": False, "error": word}, status))


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, {"bot_token": "xoxb-1", "bot_id": "B1", "bot_user_id": "UBOT", "user_id": "U1", "user_token": None}),
        ({}, {"team_id": "T1", "team_name": "Acme", "enterprise_id": None, "is_enterprise_install": False}),
        ({}, {"bot_scopes": ["chat:write", "commands"], "app_id": "A1", "token_type": "bot"}),
        ({"scope": ""}, {"bot_scopes": []}),
        ({"scope": None}, {"bot_scopes": []}),
        ({"bot_user_id": None}, {"bot_user_id": ""}),
        ({"expires_in": 60, "refresh_token": "xoxe-1"}, {"bot_refresh_token": "xoxe-1"}),
        (
            {"authed_user": {"id": "U1", "access_token": "xoxp-1", "scope": "search:read"}},
            {"bot_token": "xoxb-1", "user_token": "xoxp-1", "user_scopes": ["search:read"]},
        ),
        (
            {"access_token": None, "authed_user": {"id": "U1", "access_token": "xoxp-1"}},
            {"bot_token": None, "bot_id": None, "user_token": "xoxp-1", "user_scopes": []},
        ),
        ({"authed_user": {"id": "U1", "refresh_token": "xoxe-2"}}, {"user_refresh_token": "xoxe-2"}),
        ({"authed_user": None}, {"user_id": "", "user_token": None}),
        ({"team": None}, {"team_id": None, "team_name": None}),
        (
            {"enterprise": {"id": "E1", "name": "Grid"}},
            {"enterprise_id": "E1", "enterprise_name": "Grid", "enterprise_url": None, "team_id": "T1"},
        ),
        (
            {"enterprise": {"id": "E1", "name": "Grid"}, "team": None, "is_enterprise_install": True},
            {"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True,
             "enterprise_url": "https://acme.slack.com/"},
        ),
        (
            {"incoming_webhook": {"url": "https://hooks/x", "channel": "#general", "channel_id": "C1",
                                  "configuration_url": "https://acme/x"}},
            {"incoming_webhook_url": "https://hooks/x", "incoming_webhook_channel": "#general",
             "incoming_webhook_channel_id": "C1", "incoming_webhook_configuration_url": "https://acme/x"},
        ),
        ({"incoming_webhook": None}, {"incoming_webhook_url": None}),
    ],
)  # fmt: skip
def test_what_is_granted_is_kept(more, found):
    """Under slack_sdk's names, whichever parts of it Slack gives."""
    made, _ = granted(BOT | more)
    assert {name: getattr(made, name) for name in found} == found


@pytest.mark.parametrize("seconds", [60, 43_200])
def test_tokens_that_end_say_when(seconds):
    """Of the bot and of the person, each its own."""
    user = {"id": "U1", "access_token": "xoxp-1", "expires_in": 2 * seconds, "refresh_token": "xoxe-2"}
    made, _ = granted(BOT | {"expires_in": seconds, "refresh_token": "xoxe-1", "authed_user": user})
    assert seconds - 5 <= made.user_token_expires_at - made.bot_token_expires_at <= seconds + 5


@pytest.mark.parametrize("url", ["", "https://app.example/slack/oauth_redirect"])
def test_what_slack_is_asked(url):
    """The code with the client and where it was sent; then who the token is, with that token."""
    _, asked = granted(BOT, redirect_url=url)
    assert asked == [
        ("access", {"client_id": "1.1", "client_secret": "cs", "code": "code", "redirect_uri": url or None}),
        ("about", {"token": "xoxb-1"}),
    ]


def test_a_person_alone_is_asked_about_too():
    """With their own token."""
    _, asked = granted(BOT | {"access_token": None, "authed_user": {"id": "U1", "access_token": "xoxp-1"}})
    assert asked[1] == ("about", {"token": "xoxp-1"})


@pytest.mark.parametrize("authed", [None, {}, {"id": "U1"}, {"id": "U1", "access_token": ""}])
def test_nothing_is_no_grant(authed):
    """Neither token."""
    with pytest.raises(Refused) as error:
        granted(BOT | {"access_token": "", "authed_user": authed})
    assert error.value.word == "no_token"


@pytest.mark.parametrize(
    "word", ["invalid_code", "code_already_used", "bad_redirect_uri", "bad_client_secret", "new_word"]
)
def test_what_slack_refuses_is_refused(word):
    """With its word, and nothing more is asked."""
    client = Client(refused(word))
    with pytest.raises(Refused) as error:
        asyncio.run(grant(client, SlackOptions(**OPTIONS), "code"))
    assert (error.value.word, len(client.asked)) == (word, 1)


@pytest.mark.parametrize(
    "error",
    [
        *map(refused, sorted(LATER)),
        OSError("down"),
        TimeoutError(),
        ValueError("no JSON"),
        refused(None, 503),
    ],
    ids=lambda error: str(
        (getattr(error, "response", None) and error.response.data["error"]) or type(error).__name__
    ),
)
def test_what_may_work_later_is_unavailable(error):
    """And the code may still be good."""
    with pytest.raises(Unavailable):
        granted(error)


@pytest.mark.parametrize(
    "error", [refused("invalid_auth"), refused("fatal_error"), OSError("down"), ValueError("x")]
)
def test_what_was_granted_is_kept_though_nobody_says_whose_it_is(error, caplog):
    """Its code is used up: the bot's id alone is missing."""
    made, _ = granted(BOT, error)
    assert (made.bot_token, made.bot_id, made.team_id) == ("xoxb-1", "", "T1")
    assert "auth.test" in caplog.text and "xoxb" not in caplog.text


BROWSERS = st.builds(new_browser)
TIMES = st.integers(0, 2**40)


@given(BROWSERS, TIMES, st.integers(0, 600))
def test_a_state_is_good_for_its_browser_and_its_time(browser, begun, later):
    """Once, to its last second."""
    states = States("secret", 600.0)
    state = states.make(browser, begun)
    states.use(state, browser, begun + later)
    with pytest.raises(StateError, match="used_state"):
        states.use(state, browser, begun + later)


@given(BROWSERS, BROWSERS, TIMES)
def test_a_state_is_of_one_browser_and_one_secret(browser, other, begun):
    """Nobody else's will do, and it is not used up by who tries."""
    states = States("secret", 600.0)
    state = states.make(browser, begun)
    for who, whose, word in (
        (states, other, "invalid_state"),
        (states, "", "invalid_browser"),
        (States("another", 600.0), browser, "invalid_state"),
    ):
        with pytest.raises(StateError, match=word):
            who.use(state, whose, begun)
    states.use(state, browser, begun)


@pytest.mark.parametrize(
    ("later", "word"),
    [(601, "expired_state"), (86_400, "expired_state"), (-AHEAD - 1, "expired_state"), (-AHEAD, "")],
)
def test_a_state_has_its_time(later, word):
    """Also when the clocks of two containers do not run alike, up to a limit."""
    states, browser = States("secret", 600.0), new_browser()
    state = states.make(browser, 1_000_000)
    if word:
        with pytest.raises(StateError, match=word):
            states.use(state, browser, 1_000_000 + later)
    else:
        states.use(state, browser, 1_000_000 + later)


@given(st.data(), BROWSERS)
def test_a_state_that_was_changed_is_none(data, browser):
    """In whichever sign."""
    states = States("secret", 600.0)
    state = states.make(browser, 1_000_000)
    at = data.draw(st.integers(0, len(state) - 1))
    sign = data.draw(st.sampled_from("0aZ_-."))
    if state[at] != sign:
        changed = state[:at] + sign + state[at + 1 :]
        with pytest.raises(StateError):
            states.use(changed, browser, 1_000_000)


@given(st.text(max_size=120))
def test_any_text_is_no_state(text):
    """And no error but the one."""
    with pytest.raises(StateError, match="invalid_state"):
        States("secret", 600.0).use(text, new_browser(), 1_000_000)


@given(
    BROWSERS,
    st.lists(st.sampled_from(["a=b", "x", "", "interfaces-slack", "interfaces-slackx=1", "=;"]), max_size=5),
)
def test_a_cookie_is_found_among_others(browser, others):
    """By its whole name, wherever it stands."""
    for at in range(len(others) + 1):
        cookies = "; ".join([*others[:at], f"interfaces-slack={browser}", *others[at:]])
        assert read_browser(cookies, "interfaces-slack") == browser
        assert read_browser(cookies, "__Host-interfaces-slack") == ""
    assert read_browser("; ".join(others), "interfaces-slack") == ""


@pytest.mark.parametrize("value", ["", "x", "x" * 42, "x" * 44, "x" * 42 + "!", "x" * 42 + "=", "é" * 43])
def test_a_cookie_that_we_did_not_make(value):
    """Is none."""
    assert read_browser(f"interfaces-slack={value}", "interfaces-slack") == ""
