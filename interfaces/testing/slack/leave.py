"""What an app is given for a time: addresses to answer to, and codes of OAuth."""

from dataclasses import dataclass

__all__ = ["Code", "ResponseUrl"]


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """One such address, and what it may still be used for."""

    team_id: str
    channel_id: str
    user_id: str
    message_ts: str = ""
    """The message that was acted upon; "" for a command."""
    until: float = 0.0
    """Unix seconds of the fake's clock."""
    left: int = 5


@dataclass(slots=True, kw_only=True)
class Code:
    """What a person has agreed to, until the app asks for the token."""

    team_id: str
    user_id: str
    whole: bool
    """For the whole enterprise."""
    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...]
    redirect_uri: str
    until: float
    """Unix seconds of the fake's clock."""
    used: bool = False
