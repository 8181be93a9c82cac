"""How the fake refuses: an error in Slack's own word."""

from typing import Any

__all__ = ["SlackRefused"]


class SlackRefused(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """``{"ok": false, "error": error}``, with what else the answer says."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    @property
    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"ok": False, "error": self.error, **self.more}
