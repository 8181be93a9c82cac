"""OAuth's page where a person agrees: here it is answered at once, as ``Approval`` says."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from interfaces.testing.fakes.http import Answer
from interfaces.testing.slack.leave import Code
from interfaces.testing.slack.world import World

__all__ = ["Approval", "authorize"]

GOOD_FOR = 600.0
"""Seconds of the fake's clock that a code is good."""


@dataclass(slots=True, kw_only=True)
class Approval:
    """Who is at the page, and what they say."""

    team_id: str = "T1"
    user_id: str = "U1"
    whole: bool = False
    """Install for the whole enterprise of the team."""
    error: str = ""
    """Say this in place of yes: access_denied."""


def authorize(world: World, approval: Approval, query: bytes) -> Answer:
    """The answer to ``GET /oauth/v2/authorize``: a redirect to the app; a page when it cannot be redirected."""
    asked = {name: values[0] for name, values in parse_qs(query.decode("latin-1")).items()}
    back = asked.get("redirect_uri") or next(iter(world.app.redirect_urls), "")
    wrong = _wrong(world, asked, back)
    if wrong:
        return _page(wrong)
    said = {"state": asked.get("state", "")}
    if approval.error:
        said |= {"error": approval.error}
    else:
        said |= {"code": _code(world, approval, asked)}
    joint = "&" if "?" in back else "?"
    return Answer(status=302, kind="text/html", headers={"location": f"{back}{joint}{urlencode(said)}"})


def _wrong(world: World, asked: dict[str, str], back: str) -> str:
    """What keeps a person from being asked, in Slack's word; "": nothing."""
    if asked.get("client_id") != world.app.client_id:
        return "invalid_client_id"
    allowed = world.app.redirect_urls
    if not back or (allowed and not back.startswith(allowed)):
        return "bad_redirect_uri"
    return "" if asked.get("scope") or asked.get("user_scope") else "invalid_scope"


def _code(world: World, approval: Approval, asked: dict[str, str]) -> str:
    name = world.id("code-")
    world.codes[name] = Code(
        team_id=approval.team_id, user_id=approval.user_id, whole=approval.whole,
        scopes=_scopes(asked.get("scope", "")), user_scopes=_scopes(asked.get("user_scope", "")),
        redirect_uri=asked.get("redirect_uri", ""), until=world.clock.time() + GOOD_FOR,
    )  # fmt: skip
    return name


def _scopes(text: str) -> tuple[str, ...]:
    return tuple(each for each in text.replace(" ", ",").split(",") if each)


def _page(error: str) -> Answer:
    return Answer(
        status=400, body=f"<html><body>{error}</body></html>".encode(), kind="text/html; charset=utf-8"
    )
