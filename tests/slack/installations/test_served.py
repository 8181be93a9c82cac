"""All of it in a server: installed over HTTP, used by an event, uninstalled."""

import asyncio
from urllib.parse import urlsplit

import aiohttp

from interfaces.shared.interface import Context
from interfaces.slack.interface import Slack
from interfaces.testing.slack import App, FakeSlack
from tests.slack.installations.kit import options


async def until(condition):
    """Wait for it, for a while."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_workspace_installs_the_app_and_leaves(tmp_path):
    """Its events then are for its installation; when it has uninstalled the app nothing of it is kept."""
    seen = []

    async def application(scope, receive, send):
        seen.append((scope["installation"], (await receive())["is_self"]))

    async def main():
        async with FakeSlack(app=App(rotation=True)) as slack:
            said = options(
                slack, installations=f"file:{tmp_path}", scopes=("chat:write",), bind=("127.0.0.1:0",),
                signing_secret=(slack.signing_secret,),
            )  # fmt: skip
            async with Slack(said).serve(application, Context()) as (address,):
                base = f"http://{address.host}:{address.port}/slack"
                slack.app.redirect_urls = (f"{base}/oauth_redirect",)
                jar = aiohttp.CookieJar(unsafe=True)  # of an address
                browser = aiohttp.ClientSession(cookie_jar=jar)
                async with browser, browser.get(f"{base}/install") as answer:
                    assert answer.status == 200 and "slack://app?team=T1" in await answer.text()
                    assert urlsplit(str(answer.url)).path == "/slack/oauth_redirect"
                kept = tmp_path / "1.1" / "none-T1"
                assert (kept / "bot-latest").exists()
                mine = {"type": "message", "channel": "C1", "user": "UBOT1", "text": "hi", "ts": "1.1"}
                await slack.post_event(f"{base}/events", {**mine, "user": "U1"}, team_id="T1")
                await until(lambda: seen == [("T1", False)])
                await slack.post_event(f"{base}/events", {"type": "app_uninstalled"}, team_id="T1")
                await until(lambda: not [*kept.iterdir()])

    asyncio.run(main())
