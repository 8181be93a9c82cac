"""What a message says that is to be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import ApplicationError
from interfaces.sms.sending.drafts import Draft, checked, draft
from tests.sms.sending.kit import OURS, SEND, THEIRS


def test_is_split():
    """Into parts, in what takes fewest of them; the numbers are in E.164."""
    assert draft({**SEND, "to_address": "079 123 45 67", "from_address": OURS}, "CH") == Draft(
        recipient=THEIRS, sender=OURS, text="hi"
    )
    long = draft({**SEND, "text": "\u0436" * 80})
    assert (long.encoding, long.segments, long.sender) == ("ucs2", 2, "")


@pytest.mark.parametrize(("size", "parts"), [(1, 1), (140, 1), (141, 2), (268, 2), (269, 3)])
def test_counts_the_parts_of_bytes(size, parts):
    """140 of them in one part, and 134 in each of several."""
    found = draft({"type": "sms.send", "to_address": THEIRS, "data": b"x" * size})
    assert (found.encoding, found.segments, len(found.data)) == ("binary", parts, size)


def test_has_media():
    """With a text or without; such a message has no parts, nor has one by another network."""
    found = draft({**SEND, "text": "x" * 300, "media": ["https://x/1"]})
    assert (found.media, found.segments) == (("https://x/1",), 1)
    assert draft({"type": "sms.send", "to_address": THEIRS, "media": ("https://x/1",)}).text == ""
    assert draft({**SEND, "to_address": f"whatsapp:{THEIRS}", "text": "x" * 300}).segments == 1


def test_writes_by_what_there_is_where_that_saves_a_part():
    """As it is asked to."""
    said = {**SEND, "text": "na\u00efve " * 12}
    assert draft({**said, "transliterate": True}).text == "naive " * 12
    assert draft(said).encoding == "ucs2"
    assert draft({**SEND, "encoding": "ucs2"}).encoding == "ucs2"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"to_address": None}, "to whom"),
        ({"to_address": "Ada"}, "no number"),
        ({"to_address": 41}, "to_address is a number, not 41"),
        ({"text": ""}, "a text, data, or media"),
        ({"text": None}, "a text, data, or media"),
        ({"text": 5}, "text is a text"),
        ({"data": b"x"}, "data goes alone"),
        ({"data": "x", "text": ""}, "data is bytes"),
        ({"media": "https://x"}, "media is a list"),
        ({"media": [""]}, "media is a list"),
        ({"encoding": "utf8"}, "auto, gsm7 or ucs2"),
        ({"encoding": "gsm7", "text": "\u0436"}, r"U\+0436"),
        ({"validity": -1}, "validity is seconds"),
        ({"validity": True}, "validity is seconds"),
        ({"schedule_at": "now"}, "Unix seconds"),
        ({"status": 1}, "status is a bool"),
        ({"urgent": "yes"}, "urgent is a bool"),
        ({"id": 7}, "id is a text"),
        ({"tekst": "x"}, "there is no tekst"),
        ({"to": "x"}, "there is no to"),
        ({"text": "x" * 40_000}, "parts"),
        ({"type": "email.send"}, "takes sms.send and sms.cancel"),
    ],
)
def test_is_refused_where_nobody_could_send_it(more, why):
    """In one line, with the reason."""
    with pytest.raises(ApplicationError, match=why) as refused:
        draft({**SEND, **more})
    assert len(str(refused.value)) < 250


def test_may_say_all_that_the_contract_has():
    """And what every message may; what is None says nothing."""
    more = {
        "reply_channel": "c",
        "dedupe_key": "k",
        "not_before": 1.0,
        "expires": 2.0,
        "account": "a",
        "validity": None,
    }
    checked({**SEND, **more, "ignore_opt_out": True, "status": False, "schedule_at": 5})
    checked({"type": "sms.cancel", "id": "m1", "reply_channel": "c"})
    with pytest.raises(ApplicationError, match="there is no text"):
        checked({"type": "sms.cancel", "id": "m1", "text": "x"})


@given(
    st.dictionaries(
        st.sampled_from(["text", "data", "media", "encoding", "from_address", "validity"]),
        st.none() | st.text() | st.binary() | st.integers() | st.lists(st.text()),
    )
)
def test_takes_anything_or_says_why(more):
    """Whatever an application says, it is a draft or the application's mistake."""
    try:
        assert draft({**SEND, **more}).segments >= 1
    except ApplicationError:
        pass
