"""The pages by which people install the app: ``GET {path}/install`` leads to Slack, that to ``{path}/oauth_redirect``.

The state that goes with them is bound to the browser by a cookie, so nobody can have somebody else finish what they
began.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.options import words
from interfaces.shared.telemetry import Telemetry
from interfaces.slack.installations.client import Refused, web_client
from interfaces.slack.installations.granting import grant
from interfaces.slack.installations.pages import HEADERS, Page, failed, installed, redirect, refused
from interfaces.slack.installations.records import is_id
from interfaces.slack.installations.state import StateError, States, new_browser, read_browser
from interfaces.slack.options import SlackOptions

__all__ = ["AT_ONCE", "COOKIE", "Install", "oauth_app"]

log = logging.getLogger("interfaces.slack")

COOKIE = "interfaces-slack"
"""The cookie's name; with https it is ``__Host-`` and this."""
AT_ONCE = 10
"""Codes that Slack is asked about at once; who comes beyond is to try again."""
_WORD = re.compile(r"[a-z_]{1,64}")


def _ignored(_granted: Granted) -> None:
    """Where nobody wants to know."""


def oauth_app(
    options: SlackOptions,
    store: AsyncInstallationStore,
    *,
    telemetry: Telemetry | None = None,
    saved: Callable[[Granted], None] = _ignored,
    client: AsyncWebClient | None = None,
    now: Callable[[], float] = time.time,
) -> Application:  # fmt: skip
    """What answers both paths. ``saved`` is told of each installation. ConfigError for what it lacks."""
    for name in ("client_id", "client_secret"):
        if not getattr(options, name):
            raise ConfigError(f"installing the app needs --slack-{name.replace('_', '-')}: Basic Information")
    if not (options.scopes or options.user_scopes):
        raise ConfigError("installing the app needs --slack-scopes, such as chat:write,commands")
    flow = Install(options, store, client=client, now=now)
    flow.saved = saved
    flow.telemetry = telemetry or flow.telemetry
    for name in ("slack.installed", "slack.not_installed"):
        flow.telemetry.count(name, 0)
    return flow


class Install:
    """The two paths, for one app."""

    def __init__(
        self,
        options: SlackOptions,
        store: AsyncInstallationStore,
        *,
        client: AsyncWebClient | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self.store = store
        self.saved: Callable[[Granted], None] = _ignored
        self.telemetry = Telemetry()
        self._client = client or web_client(options.api_url)
        self._now = now
        self._states = States(options.client_secret, options.state_lifetime)
        self._asking: set[asyncio.Task[Page]] = set()

    def __repr__(self) -> str:
        return f"Install({self.options.path}/install)"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        page = await self._page(scope)
        headers = [*page.headers, *HEADERS, (b"content-length", b"%d" % len(page.body))]
        await send({"type": "http.response.start", "status": page.status, "headers": headers})
        await send({"type": "http.response.body", "body": page.body})

    async def _page(self, scope: Scope) -> Page:
        path = self.options.path
        answers = {f"{path}/install": self._install, f"{path}/oauth_redirect": self._back}
        answer = answers.get(scope["path"])
        if answer is None:
            return refused(404, "Not found")
        if scope["method"] != "GET":
            return refused(405, "Method not allowed", (b"allow", b"GET"))
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        secure = scope.get("scheme") == "https" or self.options.redirect_url.startswith("https:")
        name = f"__Host-{COOKIE}" if secure else COOKIE
        return await answer(query, (name, read_browser(cookies, name)))

    async def _install(self, query: Mapping[str, str], cookie: tuple[str, str]) -> Page:
        """To Slack. A browser keeps its cookie, so that it may install in several windows."""
        options, (name, browser) = self.options, cookie
        browser = browser or new_browser()
        said = {
            "client_id": options.client_id,
            "scope": ",".join(words(options.scopes)),
            "user_scope": ",".join(words(options.user_scopes)),
            "state": self._states.make(browser, self._now()),
        }
        if options.redirect_url:
            said["redirect_uri"] = options.redirect_url
        if is_id(query.get("team")):
            said["team"] = query["team"]
        secure = "; Secure" if name.startswith("__Host-") else ""
        kept = (
            f"{name}={browser}; Path=/; Max-Age={int(options.state_lifetime)}; HttpOnly; SameSite=Lax{secure}"
        )
        return redirect(f"{_authorize_url(options)}?{urlencode(said)}", (b"set-cookie", kept.encode()))

    async def _back(self, query: Mapping[str, str], cookie: tuple[str, str]) -> Page:
        """From Slack, with a code or an error."""
        error = query.get("error")
        if error is not None:
            known = error == "access_denied"
            return self._failed("access_denied" if known else "slack_refuses", "" if known else error)
        if len(self._asking) >= AT_ONCE:  # before the state is used up: the same link is good in a minute
            return self._failed("busy")
        try:
            self._states.use(query.get("state", ""), cookie[1], self._now())
        except StateError as wrong:
            return self._failed(wrong.word)
        if not query.get("code"):
            return self._failed("missing_code")
        # Who leaves meanwhile does not end it: Slack counts the app as installed from then on.
        task = asyncio.create_task(self._granted(query["code"]))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return await asyncio.shield(task)

    async def _granted(self, code: str) -> Page:
        try:
            granted = await grant(self._client, self.options, code)
        except Refused as error:
            own = error.word in ("invalid_code", "code_already_used")
            return self._failed(error.word if own else "slack_refuses", "" if own else error.word)
        except Unavailable as error:
            log.warning("An installation failed: %s", error)
            return self._failed("slack_away")
        where = granted.team_id or granted.enterprise_id
        try:
            await self.store.async_save(granted)
        except Exception as error:  # noqa: BLE001 - a store raises what it likes, and its text may have tokens
            kind = type(error).__name__
            log.error("The installation in %s is not kept: %s", where, kind)  # noqa: TRY400 - as above
            return self._failed("store_away")
        self.telemetry.count("slack.installed")
        log.info("Installed in %s", where)
        self.saved(granted)
        url = self.options.install_success_url
        return installed(granted.app_id, where, granted.team_name or granted.enterprise_name, success_url=url)

    def _failed(self, word: str, said: str = "") -> Page:
        """A page, or the project's own; of Slack's word only what looks like one."""
        self.telemetry.count("slack.not_installed")
        options, detail = self.options, said if _WORD.fullmatch(said) else ""
        if detail:
            log.warning("An installation failed: Slack says %s", detail)
        install = quote(f"{options.path}/install")
        return failed(word, install=install, failure_url=options.install_failure_url, detail=detail)


def _authorize_url(options: SlackOptions) -> str:
    """Where people consent: as given, else on the host of the Web API."""
    if options.authorize_url:
        return options.authorize_url
    parts = urlsplit(options.api_url)
    return urlunsplit((parts.scheme, parts.netloc, "/oauth/v2/authorize", "", ""))
