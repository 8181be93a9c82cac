"""interfaces.sms.providers.markup: XML that is answered."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.providers.markup import answer, escaped

TEXTS = st.text(st.characters(), max_size=40)


RANGES = (("\t", "\n"), ("\r", "\r"), (" ", "\ud7ff"), ("\ue000", "\ufffd"), ("\U00010000", "\U0010ffff"))


def plain(text):
    """What of ``text`` XML 1.0 can say (§2.2)."""
    return "".join(one for one in text if any(low <= one <= high for low, high in RANGES))


@given(TEXTS)
def test_any_text_is_read_again(text):
    """But for what XML cannot say."""
    made = answer(f"<Message>{escaped(text)}</Message>").content[1]
    assert (ET.fromstring(made)[0].text or "") == plain(text)


def test_what_is_forbidden_goes():
    """Half of a pair, and control characters."""
    assert escaped("a\x00\ud800\uffffb\x1b") == "ab"
    assert escaped("<&>\r") == "&lt;&amp;&gt;&#13;"


def test_an_answer_says_nothing_but_xml():
    """As text/plain Twilio would send it to whoever has written."""
    said = answer("<Message/>", "<Message/>")
    assert said.status == 200
    assert said.content == (
        b"application/xml",
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Message/><Message/></Response>',
    )
