"""An app of Bolt for Python as an application: ``application = BoltApplication(app)`` for a ``slack_bolt`` AsyncApp.

Its listeners, middleware and error handlers run as they are; ``say``, ``respond`` and ``client`` call Slack by Bolt's
own client, with its token or installation store. What differs from Bolt's own servers:

- requests come checked, taken apart and without repeats, so its signing secret is not needed;
- ``ack()`` leaves at once, and the scope stays open until the listener and its lazy functions have ended: a server that
  stops waits for them;
- an event is acknowledged when its listeners have ended, not before; if one raised, Slack sends it again. What Bolt
  has acknowledged already (``ack()`` in a listener) is not affected by an error;
- an event without a listener is NoRoute: acknowledged, and counted.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.lazy_listener.async_internals import to_runnable_function
from slack_bolt.lazy_listener.asyncio_runner import AsyncioLazyListenerRunner
from slack_bolt.listener.async_listener_error_handler import (
    AsyncDefaultListenerErrorHandler,
    AsyncListenerErrorHandler,
)
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.errors import ApplicationError, ConfigError, NoRoute

__all__ = ["BoltApplication", "body_of"]


class BoltApplication:
    """See the module. ConfigError for what is no AsyncApp."""

    def __init__(self, app: AsyncApp) -> None:
        if not isinstance(app, AsyncApp):
            raise ConfigError(
                f"BoltApplication takes an AsyncApp (slack_bolt.async_app), not {type(app).__name__}"
            )
        self.app = app

    def __repr__(self) -> str:
        return f"BoltApplication({self.app.name!r})"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        if scope["type"] != "slack":
            raise NoRoute(f"a Bolt app takes Slack, not {scope['type']!r}")
        event = await receive()
        _hook(self.app)
        run = _Run(send, late="payload" not in event)
        token = _RUN.set(run)
        try:
            request = AsyncBoltRequest(
                body=body_of(scope, event),
                headers=_headers(event),
                context={"ack": _Ack(run)},
                mode="socket_mode",  # the body is an object, and its signature has been checked
            )
            await run.serve(self.app, request)
        finally:
            _RUN.reset(token)
            run.cancel()


def body_of(scope: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """What Slack has sent, as Bolt takes it: a payload as it was, an event in the envelope that it came in."""
    payload = event.get("payload")
    if isinstance(payload, dict):
        return payload
    said = str(event["event"].get("event_ts")).partition(".")[0]
    return {
        "type": "event_callback",
        "team_id": scope["team_id"],
        "enterprise_id": scope["enterprise_id"],
        "is_enterprise_install": scope["is_enterprise_install"],
        "api_app_id": scope["app_id"],
        "event_id": event["event_id"],
        "event_time": int(said) if said.isdecimal() else int(event["received_at"]),
        **event.get("envelope", {}),
        "event": event["event"],
        "authorizations": event["authorizations"],
    }


def _headers(event: Mapping[str, Any]) -> dict[str, Any]:
    number = event.get("retry_num")
    if not number:
        return {}
    reason = event.get("retry_reason")
    return {"x-slack-retry-num": str(number), **({"x-slack-retry-reason": reason} if reason else {})}


class _Run:
    """One event in the app: what its listeners are, and what was said. ``late``: acknowledged when they have ended."""

    def __init__(self, send: Send, *, late: bool) -> None:
        self.send = send
        self.late = late
        self.task = asyncio.current_task()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.began = False
        """Whether there was a listener."""
        self.decided = False
        self.error: Exception | None = None

    async def serve(self, app: AsyncApp, request: AsyncBoltRequest) -> None:
        """Give it to the app, say what that says, and wait for the end of all that it has begun."""
        response = await app.async_dispatch(request)
        await asyncio.sleep(0)  # a listener that was begun last says so now
        if response.status == 404 and not self.began:
            raise NoRoute("the Bolt app has no listener for it")
        if response.status >= 500:
            self.error = self.error or ApplicationError(
                f"Bolt answered {response.status}: {response.body[:200]}"
            )
            await self._decide({"type": "slack.defer"})
        elif 400 <= response.status != 404:
            await self._decide({"type": "slack.reject", "text": response.body[:200]})
        elif response.status < 300 and not self.late:
            await self.ack(response)
        while self.tasks:
            await asyncio.wait(self.tasks)
        if self.error is not None:
            raise self.error

    async def ack(self, response: BoltResponse) -> None:
        """Acknowledge, once."""
        await self._decide(_said(response))

    async def _decide(self, verdict: Event) -> None:
        if not self.decided:
            self.decided = True
            await self.send(verdict)

    def watch(self, task: asyncio.Task[Any]) -> None:
        """Wait for ``task`` in the end."""
        self.began = True
        if task is not self.task:
            self.tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):  # what an error handler raised
            self.error = self.error or error

    def cancel(self) -> None:
        """End what runs."""
        for task in self.tasks:
            task.cancel()


_RUN: ContextVar[_Run | None] = ContextVar("_RUN", default=None)
"""That of the event at hand; tasks which Bolt makes inherit it."""


def _said(response: BoltResponse) -> Event:
    """A response as the acknowledgement it is."""
    found: Event = {"type": "slack.ack"}
    kind = response.headers.get("content-type", [""])[0]
    if response.body:
        found["payload"] = json.loads(response.body) if kind.startswith("application/json") else response.body
    return found


class _Ack(AsyncAck):
    """Bolt's ``ack``, which leaves at once when a listener calls it."""

    def __init__(self, run: _Run) -> None:
        self.run = run
        self._response: BoltResponse | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> AsyncAck:
        """For a lazy function, which has nothing to acknowledge."""
        return AsyncAck()  # type: ignore[no-untyped-call] # Bolt's

    @property
    def response(self) -> BoltResponse | None:
        """What was acknowledged with."""
        return self._response

    @response.setter
    def response(self, response: BoltResponse | None) -> None:
        # what raises right after its ack() would have Bolt forget that, and wait for another until its timeout
        if response is not None:
            self._response = response

    async def __call__(self, *values: Any, **named: Any) -> BoltResponse:
        """As Bolt's; of an event only a listener's own call counts, since Bolt calls it before it begins one."""
        response = await super().__call__(*values, **named)
        if asyncio.current_task() is not self.run.task:
            await self.run.ack(response)
        return response


# --- where Bolt lets others in --------------------------------------------------------------------


def _hook(app: AsyncApp) -> None:
    """See to it that we are told of listeners and their errors; the app may have got other handlers since."""
    runner = app.listener_runner
    if not isinstance(runner.listener_start_handler, _Start):
        runner.listener_start_handler = _Start(runner.listener_start_handler)
    if not isinstance(runner.listener_error_handler, _Errors):
        runner.listener_error_handler = _Errors(runner.listener_error_handler)
    if type(runner.lazy_listener_runner) is AsyncioLazyListenerRunner:
        runner.lazy_listener_runner = _Lazy(runner.lazy_listener_runner.logger)


class _Start(AsyncListenerStartHandler):
    """Told at the beginning of a listener, in its own task."""

    def __init__(self, inner: AsyncListenerStartHandler) -> None:
        self.inner = inner

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        """Have the scope wait for it."""
        run, task = _RUN.get(), asyncio.current_task()
        if run is not None and task is not None:
            run.watch(task)
        await self.inner.handle(request, response)


class _Errors(AsyncListenerErrorHandler):
    """Told of what a listener raised: an error of the application, unless the app's own handler has an answer to it."""

    def __init__(self, inner: AsyncListenerErrorHandler) -> None:
        self.inner = inner

    async def handle(
        self, error: Exception, request: AsyncBoltRequest, response: BoltResponse | None
    ) -> None:
        """Keep it for the scope, which logs it; Bolt's default handler would do nothing but that."""
        run = _RUN.get()
        if run is None or not isinstance(self.inner, AsyncDefaultListenerErrorHandler):
            await self.inner.handle(error, request, response)
        if run is not None and (response is None or response.status >= 500):
            run.error = run.error or error


class _Lazy(AsyncioLazyListenerRunner):
    """Lazy functions, for which the scope waits too."""

    def start(self, function: Callable[..., Awaitable[None]], request: AsyncBoltRequest) -> None:
        """Begin one; what it raises Bolt logs."""
        run = _RUN.get()
        task = asyncio.ensure_future(
            to_runnable_function(internal_func=function, logger=self.logger, request=request)
        )
        if run is not None:
            run.watch(task)
