"""What the rest of Slack knows of an installation."""

from interfaces.slack.installations.base import Installation


def test_no_token_is_in_a_repr():
    """Neither the bot's nor the user's."""
    found = Installation(key="T1", token="xoxb-secret", user_token="xoxp-secret", team_id="T1")
    assert "T1" in repr(found) and "secret" not in repr(found)
