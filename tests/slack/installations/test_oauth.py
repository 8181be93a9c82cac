"""The pages by which people install the app, with the fake's own consent page between them."""

import asyncio
import logging
from dataclasses import fields
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.telemetry import Telemetry
from interfaces.slack.installations import oauth
from interfaces.slack.installations.oauth import COOKIE, oauth_app
from interfaces.slack.installations.pages import HEADERS
from interfaces.testing.slack import App, FakeSlack, Fault
from tests.slack.installations.kit import Hours, Kept, options

BACK = "http://testserver/slack/oauth_redirect"


class Answer:
    """What the application sent."""

    def __init__(self, status, headers, body) -> None:
        self.status = status
        self.headers = headers
        self.text = body.decode()

    def __getitem__(self, name):
        return dict(self.headers)[name.encode()].decode()


class Browser:
    """Somebody who installs the app of ``slack``."""

    def __init__(self, slack, **more) -> None:
        self.slack = slack
        self.kept = Kept()
        self.saved: list = []
        self.telemetry = Telemetry()
        self.hours = Hours()
        said = {"installations": "memory", "scopes": ("chat:write", "commands"), "redirect_url": BACK, **more}
        self.app = oauth_app(
            options(slack, **said),
            self.kept,
            saved=self.saved.append,
            telemetry=self.telemetry,
            now=self.hours,
        )
        self.cookie = ""

    async def get(self, url, method="GET", scheme="http"):
        """A request, with the cookie; what it sets is kept."""
        parts, sent = urlsplit(url), []
        headers = [(b"cookie", b"other=1")] + ([(b"cookie", self.cookie.encode())] if self.cookie else [])
        scope = {
            "type": "http", "method": method, "path": parts.path, "query_string": parts.query.encode(),
            "headers": headers, "scheme": scheme,
        }  # fmt: skip

        async def send(event):
            sent.append(event)

        await self.app(scope, None, send)
        answer = Answer(sent[0]["status"], sent[0]["headers"], sent[1]["body"])
        assert {*HEADERS} <= {*sent[0]["headers"]}
        if b"set-cookie" in dict(answer.headers):
            self.cookie = answer["set-cookie"].partition(";")[0]
        return answer

    async def consent(self):
        """From our page over Slack's: where that leads to."""
        asked = (await self.get("/slack/install"))["location"]
        async with aiohttp.ClientSession() as session, session.get(asked, allow_redirects=False) as answer:
            return answer.headers["location"]

    async def install(self):
        """All of it."""
        return await self.get(await self.consent())


def browsing(test, *, app=None, **more):
    """Run ``test(browser)``."""

    async def main():
        async with FakeSlack(app=app) as slack:
            return await test(Browser(slack, **more))

    return asyncio.run(main())


def test_it_is_installed():
    """What Slack grants is kept, told, counted, and the page opens the app."""

    async def test(me):
        assert me.telemetry.counts == {"slack.installed": 0, "slack.not_installed": 0}
        answer = await me.install()
        assert answer.status == 200 and "slack://app?team=T1&amp;id=A1" in answer.text
        row = me.kept.rows[None, "T1"]
        assert row.bot_token in me.slack.world.tokens and row.bot_id == "B1" and row.user_id == "U1"
        assert me.saved == [row] and me.telemetry.counts["slack.installed"] == 1
        assert row.bot_token not in answer.text

    browsing(test)


def test_where_it_leads():
    """To the page of consent with all it needs; a team that is named is preselected."""

    async def test(me):
        asked = urlsplit((await me.get("/slack/install?team=T1"))["location"])
        said = {name: values[0] for name, values in parse_qs(asked.query).items()}
        assert f"{asked.scheme}://{asked.netloc}{asked.path}" == f"{me.slack.world.base}/oauth/v2/authorize"
        assert said.pop("state") and said == {
            "client_id": "1.1", "scope": "chat:write,commands", "user_scope": "search:read", "redirect_uri": BACK,
            "team": "T1",
        }  # fmt: skip
        assert "team" not in parse_qs((await me.get("/slack/install?team=x%26y"))["location"])

    browsing(test, user_scopes=("search:read",))


def test_the_page_of_consent_may_be_elsewhere():
    """As an option says, else beside the Web API; without a redirect_url Slack has it."""

    async def test(me):
        assert (await me.get("/slack/install"))["location"].startswith("https://e.org/consent?client_id=")
        assert "redirect_uri" not in (await me.get("/slack/install"))["location"]

    browsing(test, authorize_url="https://e.org/consent", redirect_url="")
    app = oauth_app(options(installations="m", scopes=("a",)), Kept())
    assert oauth._authorize_url(app.options) == "https://slack.com/oauth/v2/authorize"


def test_the_cookie():
    """No script reads it, no other site has it sent, and with https no other host sets it."""

    async def test(me):
        plain = (await me.get("/slack/install"))["set-cookie"]
        assert plain.startswith(f"{COOKIE}=") and "Secure" not in plain
        secure = (await me.get("/slack/install", scheme="https"))["set-cookie"]
        assert secure.startswith(f"__Host-{COOKIE}=") and "; Secure" in secure
        for said in (plain, secure):
            assert (
                "; HttpOnly" in said
                and "; SameSite=Lax" in said
                and "; Path=/;" in said
                and "Max-Age=600" in said
            )
            assert "Domain" not in said

    browsing(test)


def test_a_redirect_url_tells_https():
    """Behind a proxy that says nothing of it."""

    async def test(me):
        assert (await me.get("/slack/install"))["set-cookie"].startswith("__Host-")

    browsing(test, redirect_url="https://e.org/slack/oauth_redirect")


def test_several_windows():
    """Of one browser can install, in any order."""

    async def test(me):
        first, second = await me.consent(), await me.consent()
        assert (await me.get(second)).status == (await me.get(first)).status == 200

    browsing(test)


def test_a_link_is_good_once():
    """Its repeat is told so, and asks Slack nothing."""

    async def test(me):
        back = await me.consent()
        await me.get(back)
        answer = await me.get(back)
        assert answer.status == 400 and "used already" in answer.text
        assert len(me.slack.called("oauth.v2.access")) == 1 and len(me.saved) == 1

    browsing(test)


def test_nobody_finishes_what_another_began():
    """A link that somebody else's browser is led to; one without cookies; one too late; one that is made up."""

    async def test(me):
        back, mine = await me.consent(), me.cookie
        for cookie, says in ((f"{COOKIE}={'x' * 43}", "in another browser"), ("", "keeps no cookies")):
            me.cookie = cookie
            answer = await me.get(back)
            assert answer.status == 400 and says in answer.text
        me.cookie = mine
        me.hours.now += 601
        assert "too long" in (await me.get(back)).text
        assert (await me.get("/slack/oauth_redirect?code=1&state=x")).status == 400
        assert (await me.get("/slack/oauth_redirect?code=1")).status == 400
        assert not me.slack.called("oauth.v2.access") and not me.saved
        assert me.telemetry.counts["slack.not_installed"] == 5

    browsing(test)


def test_who_does_not_allow_it():
    """Is told that nothing was installed."""

    async def test(me):
        me.slack.oauth.error = "access_denied"
        answer = await me.install()
        assert (
            answer.status == 403
            and "nothing was installed" in answer.text
            and "/slack/install" in answer.text
        )

    browsing(test)


def test_an_error_of_slacks():
    """Is shown where it looks like a word; nothing else of the link is."""

    async def test(me):
        answer = await me.get("/slack/oauth_redirect?error=invalid_team_for_non_distributed_app")
        assert answer.status == 400 and "(invalid_team_for_non_distributed_app)" in answer.text
        answer = await me.get("/slack/oauth_redirect?error=%3Cscript%3Ealert(1)%3C/script%3E")
        assert answer.status == 400 and "script" not in answer.text and "alert" not in answer.text

    browsing(test)


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        (Fault(error="invalid_code"), 400, "does not know this code"),
        (Fault(error="code_already_used"), 400, "used already"),
        (Fault(error="bad_redirect_uri"), 400, "(bad_redirect_uri)"),
        (Fault(status=503), 503, "cannot be reached"),
        (Fault(close=True), 503, "cannot be reached"),
    ],
    ids=lambda value: str(value.error or value.status) if isinstance(value, Fault) else None,
)
def test_what_slack_refuses(fault, status, says):
    """Has a page that says it, and keeps nothing."""

    async def test(me):
        me.slack.faults.fail("oauth.v2.access", fault)
        answer = await me.install()
        assert answer.status == status and says in answer.text and not me.kept.calls

    browsing(test)


def test_no_code():
    """Slack has sent none."""

    async def test(me):
        back = urlsplit(await me.consent())
        state = parse_qs(back.query)["state"][0]
        assert "no code" in (await me.get(f"{back.path}?state={state}")).text

    browsing(test)


def test_a_store_that_is_away(caplog):
    """Is told as one that can be tried again; neither page nor log have a token."""

    async def test(me):
        me.kept.failing = 1
        answer = await me.install()
        assert answer.status == 503 and "could not be kept" in answer.text and "secret" not in answer.text
        assert not me.saved

    browsing(test)
    assert "OSError" in caplog.text and "secret" not in caplog.text and "xox" not in caplog.text


def test_no_more_at_once(monkeypatch):
    """Who comes beyond is to try again: each asks Slack something."""
    monkeypatch.setattr(oauth, "AT_ONCE", 1)

    async def test(me):
        fault = me.slack.faults.fail("oauth.v2.access", Fault(delay=30))
        first, second = await me.consent(), await me.consent()
        slow = asyncio.create_task(me.get(first))
        async with asyncio.timeout(5):
            while fault.times:
                await asyncio.sleep(0.01)
        answer = await me.get(second)
        assert answer.status == 503 and "Too many" in answer.text and dict(answer.headers)[b"retry-after"]
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        assert (await me.get(second)).status == 503 and len(me.app._asking) == 1  # it still counts
        for task in [*me.app._asking]:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert (await me.get(second)).status == 200

    browsing(test)


def test_who_leaves_does_not_end_it():
    """For Slack the app is installed from then on."""

    async def test(me):
        back = await me.consent()
        going, saved = asyncio.Event(), asyncio.Event()
        save = me.kept.async_save

        async def slowly(one):
            going.set()
            await asyncio.sleep(0)
            await save(one)
            saved.set()

        me.kept.async_save = slowly
        request = asyncio.create_task(me.get(back))
        await going.wait()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await asyncio.wait_for(saved.wait(), 5)
        assert (None, "T1") in me.kept.rows

    browsing(test)


def test_the_projects_own_pages():
    """Are led to; a failure is told by its word."""

    async def test(me):
        assert (await me.install())["location"] == "https://e.org/ok"
        me.slack.oauth.error = "access_denied"
        assert (await me.install())["location"] == "https://e.org/no?error=access_denied"

    browsing(test, install_success_url="https://e.org/ok", install_failure_url="https://e.org/no")


def test_an_organisation():
    """Is kept as one."""

    async def test(me):
        me.slack.world.workspaces["T1"].enterprise_id = "E1"
        me.slack.oauth.whole = True
        answer = await me.install()
        assert answer.status == 200 and "Enterprise E1" in answer.text
        assert me.kept.rows["E1", None].is_enterprise_install

    browsing(test)


def test_with_rotation():
    """Refresh tokens and ends are kept."""

    async def test(me):
        await me.install()
        row = me.kept.rows[None, "T1"]
        assert row.bot_refresh_token and row.bot_token_expires_at and row.user_refresh_token

    browsing(test, app=App(rotation=True), user_scopes=("search:read",))


def test_only_get():
    """HEAD would use a link up, as programs that look at links do; other paths are none of ours."""

    async def test(me):
        for method in ("HEAD", "POST", "PUT", "OPTIONS"):
            for path in ("/slack/install", "/slack/oauth_redirect"):
                answer = await me.get(path, method)
                assert answer.status == 405 and answer["allow"] == "GET"
        for path in ("/slack/install/", "/slack", "/install", "/slack/events"):
            assert (await me.get(path)).status == 404

    browsing(test)


@pytest.mark.parametrize("name", ["client_id", "client_secret", "scopes"])
def test_what_it_lacks(name):
    """Is told by the name of the option."""
    whole = options(installations="memory", scopes=("a",))
    lacking = SimpleNamespace(**{one.name: getattr(whole, one.name) for one in fields(whole)})
    setattr(lacking, name, () if name == "scopes" else "")  # as options that were made otherwise
    with pytest.raises(ConfigError, match=f"--slack-{name.replace('_', '-')}"):
        oauth_app(lacking, Kept())


def test_no_secret_is_in_the_log(caplog):
    """Neither code nor secret nor token, whatever the level."""
    caplog.set_level(logging.DEBUG)

    async def test(me):
        back = await me.consent()
        caplog.clear()  # of what aiohttp and the fake say about that
        me.slack.faults.fail("oauth.v2.access", Fault(error="invalid_client_id"))
        await me.get(back)
        await me.install()
        code = parse_qs(urlsplit(back).query)["code"][0]
        said = "\n".join(
            one.getMessage() for one in caplog.records if one.name.startswith(("interfaces", "slack"))
        )
        assert "invalid_client_id" in said and "Installed in T1" in said
        assert not [
            one for one in (code, "fake-client-secret", me.kept.rows[None, "T1"].bot_token) if one in said
        ]
        assert "fake" not in repr(me.app)

    browsing(test)
