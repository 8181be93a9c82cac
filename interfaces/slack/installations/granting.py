"""A code becomes an installation: ``oauth.v2.access``, and ``auth.test`` for what that does not tell."""

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.shared.errors import Unavailable
from interfaces.slack.installations.client import Refused, asked
from interfaces.slack.options import SlackOptions

__all__ = ["grant"]

log = logging.getLogger("interfaces.slack")


async def grant(client: AsyncWebClient, options: SlackOptions, code: str) -> Granted:
    """All that Slack grants for ``code``. Raises Refused, Unavailable."""
    said = await asked(
        client.oauth_v2_access(
            client_id=options.client_id,
            client_secret=options.client_secret,
            code=code,
            redirect_uri=options.redirect_url or None,
        )
    )
    user = said.get("authed_user") or {}
    token = said.get("access_token") or user.get("access_token")
    if not token:
        raise Refused("no_token")
    about = await _about(client, token)
    return _granted(said, user, about)


async def _about(client: AsyncWebClient, token: str) -> Mapping[str, Any]:
    """Who the token is. What Slack has granted is not lost for want of that."""
    try:
        found: Mapping[str, Any] = (await asked(client.auth_test(token=token))).data
    except (Refused, Unavailable) as error:
        log.warning("An installation has no bot id: auth.test: %s", error)
        return {}
    return found


def _granted(said: Any, user: Mapping[str, Any], about: Mapping[str, Any]) -> Granted:
    """In slack_sdk's words: what its own flow keeps."""
    team, enterprise = said.get("team") or {}, said.get("enterprise") or {}
    hook = said.get("incoming_webhook") or {}
    whole = bool(said.get("is_enterprise_install"))
    return Granted(
        **(_bot(said, about) if said.get("access_token") else {}),
        app_id=said.get("app_id"),
        enterprise_id=enterprise.get("id"),
        enterprise_name=enterprise.get("name"),
        enterprise_url=about.get("url") if whole else None,
        team_id=team.get("id"),
        team_name=team.get("name"),
        user_id=user.get("id") or "",
        user_token=user.get("access_token"),
        user_scopes=user.get("scope") or "",
        user_refresh_token=user.get("refresh_token"),
        user_token_expires_in=user.get("expires_in"),
        incoming_webhook_url=hook.get("url"),
        incoming_webhook_channel=hook.get("channel"),
        incoming_webhook_channel_id=hook.get("channel_id"),
        incoming_webhook_configuration_url=hook.get("configuration_url"),
        is_enterprise_install=whole,
        token_type=said.get("token_type"),
    )


def _bot(said: Any, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "bot_token": said["access_token"],
        "bot_id": about.get("bot_id") or "",
        "bot_user_id": said.get("bot_user_id") or "",
        "bot_scopes": said.get("scope") or "",
        "bot_refresh_token": said.get("refresh_token"),
        "bot_token_expires_in": said.get("expires_in"),
    }
