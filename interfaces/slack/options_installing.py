"""Options of who Slack's app is installed for: one token, or many by OAuth."""

from dataclasses import dataclass
from math import inf

from interfaces.shared.options import option

__all__ = ["InstallingOptions"]


@dataclass(frozen=True, kw_only=True)
class InstallingOptions:
    """Tokens, and how others install the app."""

    __slots__ = ()  # those of the whole are in SlackOptions: bases with some cannot be combined

    bot_token: str = option("", "the token of the one workspace that has the app: xoxb-…", secret=True)
    client_id: str = option("", "of the app, for its installation by OAuth")
    client_secret: str = option("", "of the app, for its installation by OAuth", secret=True)
    scopes: tuple[str, ...] = option((), "what the bot may, asked for by OAuth: chat:write,commands")
    user_scopes: tuple[str, ...] = option((), "what may be done in the name of who installs it, likewise")
    installations: str = option(
        "",
        "where the tokens of installations are kept: file:DIR, sqlite:FILE, django:, an asynchronous SQLAlchemy URL",
        secret=True,
    )
    authorize_url: str = option(
        "",
        "where people consent; https://slack.com/oauth/v2/authorize, or beside slack.api_url, unless given",
    )
    redirect_url: str = option(
        "", "our oauth_redirect as the world sees it; the first that the app has, unless given"
    )
    install_success_url: str = option("", "where to lead who has installed it; a page of ours unless given")
    install_failure_url: str = option("", "where to lead who could not; a page of ours unless given")
    state_lifetime: float = option(
        600.0, "that somebody may take to consent", unit="seconds", peers="Bolt 600", between=(10, inf)
    )
