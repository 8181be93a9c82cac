"""The tables of messages are made of the types."""

from interfaces.http_ws import messages
from interfaces.slack import messages as slack
from tests.tools.loading import load


def test_every_key_has_a_row_with_its_type_and_note() -> None:
    """Inherited keys, types with a bar in them and notes all reach the page."""
    text = load("tools/message_tables.py").tables(messages)
    assert "### The scope `websocket`" in text
    assert "| `client` | `tuple[str, int \\| None] \\| None` | Address and port" in text
    assert "| `status` | `int` | 200 to 999. |" in text
    assert "`type`" not in text


def test_a_message_without_further_keys_has_no_table() -> None:
    """http.disconnect is a sentence."""
    text = load("tools/message_tables.py").tables(messages)
    section = text.partition("#### `http.disconnect`")[2].partition("####")[0]
    assert "In: the client is gone" in section
    assert "|" not in section


def test_messages_that_share_their_keys_share_a_section() -> None:
    """All of their types stand in its heading."""
    text = load("tools/message_tables.py").tables(slack)
    assert "#### `slack.open_view`, `slack.push_view`, `slack.update_view`, `slack.publish_view`\n" in text
