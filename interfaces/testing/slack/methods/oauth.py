"""oauth.v2.access and apps.uninstall: codes and refresh tokens for tokens, and the end of them."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.leave import Code
from interfaces.testing.slack.state import Token
from interfaces.testing.slack.world import World

__all__ = ["METHODS"]


def _client(world: World, call: Call) -> None:
    name, secret = call.basic or (call.args.get("client_id"), call.args.get("client_secret"))
    if name != world.app.client_id:
        raise SlackRefused("invalid_client_id")
    if secret != world.app.client_secret:
        raise SlackRefused("bad_client_secret")


def access(world: World, call: Call) -> dict[str, Any]:
    """Exchange a code, or a refresh token, for a token."""
    _client(world, call)
    grant = call.args.get("grant_type") or "authorization_code"
    if grant == "refresh_token":
        return _refresh(world, str(call.args.get("refresh_token") or ""))
    if grant != "authorization_code":
        raise SlackRefused("invalid_grant_type")
    code = world.codes.get(str(call.args.get("code") or ""))
    if code is None or world.clock.time() > code.until:
        raise SlackRefused("invalid_code")
    if code.used:
        raise SlackRefused("code_already_used")
    if code.redirect_uri != (call.args.get("redirect_uri") or "") and code.redirect_uri:
        raise SlackRefused("bad_redirect_uri")
    code.used = True
    return _installed(world, code)


def _installed(world: World, code: Code) -> dict[str, Any]:
    workspace = world.workspace(code.team_id)
    enterprise = _enterprise(workspace.enterprise_id)
    answer: dict[str, Any] = {
        "app_id": world.app.id, "authed_user": {"id": code.user_id}, "is_enterprise_install": code.whole,
        "team": None if code.whole else {"id": workspace.id, "name": workspace.name}, "enterprise": enterprise,
    }  # fmt: skip
    if code.scopes:
        token = world.install(code.team_id, whole=code.whole, scopes=code.scopes)
        answer |= _told(world, token) | {"bot_user_id": token.user_id}
    if code.user_scopes:
        token = world.install(
            code.team_id, kind="user", user_id=code.user_id, whole=code.whole, scopes=code.user_scopes
        )
        answer["authed_user"] |= _told(world, token)
    return answer


def _enterprise(name: str | None) -> dict[str, str] | None:
    return {"id": name, "name": f"Enterprise {name}"} if name else None


def _told(world: World, token: Token) -> dict[str, Any]:
    told: dict[str, Any] = {
        "scope": ",".join(token.scopes),
        "access_token": token.value,
        "token_type": token.kind,
    }
    if token.expires_at is not None:
        told |= {"expires_in": world.app.token_lifetime, "refresh_token": token.refresh}
    return told


def _refresh(world: World, refresh: str) -> dict[str, Any]:
    old = next((each for each in world.tokens.values() if refresh and each.refresh == refresh), None)
    if old is None or old.revoked:
        raise SlackRefused("invalid_refresh_token")
    old.refresh = ""  # good once; the old token lasts until its end
    token = world.install(
        old.team_id, kind=old.kind, user_id=old.user_id, whole=old.is_enterprise_install, scopes=old.scopes
    )
    workspace = world.workspace(old.team_id)
    answer = _told(world, token) | {
        "app_id": world.app.id, "enterprise": _enterprise(workspace.enterprise_id),
        "team": None if token.is_enterprise_install else {"id": workspace.id, "name": workspace.name},
        "is_enterprise_install": token.is_enterprise_install,
    }  # fmt: skip
    return answer | ({"bot_user_id": token.user_id} if token.kind == "bot" else {"user_id": token.user_id})


def uninstall(world: World, call: Call) -> dict[str, Any]:
    """Take the app away from the workspace: all its tokens are good no more."""
    _client(world, call)
    world.uninstall(call.by.team_id)
    return {}


METHODS = {
    "oauth.v2.access": Method(do=access, kinds=(), tier=4),
    "apps.uninstall": Method(do=uninstall, tier=1),
}
"""By name."""
