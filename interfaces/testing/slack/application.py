"""The app, as its page at api.slack.com has it: its ids and secrets, and what may be asked for."""

from dataclasses import dataclass, field

__all__ = ["App"]


@dataclass(slots=True, kw_only=True)
class App:
    """An app that workspaces install. Its secrets are made of its id, so that tests can name them."""

    id: str = "A1"
    name: str = "fake app"
    client_id: str = "1.1"
    client_secret: str = field(default="fake-client-secret", repr=False)
    signing_secret: str = field(default="fake-signing-secret", repr=False)
    app_token: str = field(default="xapp-1-A1-fake", repr=False)
    verification_token: str = field(default="fake-verification-token", repr=False)
    """The old way to know Slack; it stands in every payload."""
    scopes: tuple[str, ...] = ()
    """What a bot's token may; empty: everything."""
    rotation: bool = False
    """Whether its tokens end after :attr:`token_lifetime` and are refreshed."""
    token_lifetime: int = 43_200
    """Seconds of the fake's clock."""
    redirect_urls: tuple[str, ...] = ()
    """Where OAuth may lead to; empty: anywhere."""
    max_connections: int = 10
    """Of Socket Mode, at once."""
