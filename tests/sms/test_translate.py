"""A message or a receipt as the scope and the event of one call."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.providers.base import STATUSES, Attached, Inbound, Receipt
from interfaces.sms.translate import Place, translated
from tests.sms.harness import NOW, OURS, THEIRS, inbound

PLACE = Place(provider="twilio", account="main", transport="webhook")


def test_a_message_has_all_that_the_contract_names() -> None:
    """Numbers in E.164 and as they were said; whose country; what is with it."""
    found = inbound(
        "Grüezi", sender="0790000001", recipient="+41 44 555 66 77", segments=2, sent_at=NOW - 3, duplicate=True,
        media=(Attached(url="https://m.example/1", content_type="image/png", size=7),), raw={"MessageSid": "m1"},
    )  # fmt: skip
    parcel = translated(found, PLACE, NOW, "CH")
    assert parcel.key == parcel.event["dedupe_key"] == "sms:main:m1"
    assert parcel.conversation == parcel.scope["conversation"] == f"{OURS}/{THEIRS}"
    assert {key: parcel.event[key] for key in parcel.event if key not in ("raw", "media")} == {
        "type": "sms.receive", "id": "m1", "dedupe_key": "sms:main:m1", "attempt": 1, "received_at": NOW,
        "from_address": THEIRS, "to_address": OURS, "from_raw": "0790000001", "to_raw": "+41 44 555 66 77",
        "text": "Grüezi", "encoding": "ucs2", "data": b"", "segments": 2, "keyword": None, "country": "CH",
        "sent_at": NOW - 3, "duplicate": True,
    }  # fmt: skip
    assert parcel.event["media"] == [{"url": "https://m.example/1", "content_type": "image/png", "size": 7}]
    assert parcel.event["raw"] == {"MessageSid": "m1"}


def test_a_message_without_an_id_is_known_by_what_it_says_and_when() -> None:
    """The same at the same time is a repeat; another time, or word, is another message."""
    keys = {
        translated(inbound(text, id="", sent_at=at), PLACE, NOW).key
        for text, at in (("a", 1.0), ("a", 1.0), ("a", 2.0), ("b", 1.0))
    }
    assert len(keys) == 3


def test_without_an_id_and_a_time_no_repeat_can_be_told() -> None:
    """Two messages of the same words are two messages."""
    first, second = (translated(inbound(id=""), PLACE, now) for now in (NOW, NOW + 1))
    assert first.key == second.key == ""
    assert first.event["id"] != second.event["id"]


def test_accounts_do_not_share_ids() -> None:
    """Two providers may give the same one."""
    other = Place(provider="vonage", account="other", transport="webhook")
    assert translated(inbound(), PLACE, NOW).key != translated(inbound(), other, NOW).key


def test_a_binary_message_says_so() -> None:
    """Unless the provider has said what it is."""
    assert translated(inbound("", data=b"\x01"), PLACE, NOW).event["encoding"] == "binary"
    assert translated(inbound("hi"), PLACE, NOW).event["encoding"] == "gsm7"
    assert translated(inbound("hi", encoding="ucs2"), PLACE, NOW).event["encoding"] == "ucs2"


def test_a_receipt_tells_of_ours() -> None:
    """Each status of one message is an event of its own; our id is the provider's memory, or ours."""
    said = Receipt(provider_id="p1", status="failed", sender=OURS, recipient=THEIRS, error_code="30003")
    parcel = translated(said, PLACE, NOW, ours="known")
    event = parcel.event
    assert (event["id"], event["provider_id"], event["final"]) == ("known", "p1", True)
    assert parcel.key == "sms:main:p1:failed:30003"
    assert (parcel.scope["path"], parcel.scope["address"]) == ("status/failed", OURS)
    assert translated(Receipt(provider_id="p1", status="sent", id="said"), PLACE, NOW).event["id"] == "said"
    assert translated(Receipt(provider_id="", status="sent"), PLACE, NOW).key == ""


def test_each_status_is_final_or_not() -> None:
    """As the contract says."""
    final = {
        one: translated(Receipt(provider_id="p", status=one), PLACE, NOW).event["final"] for one in STATUSES
    }
    assert [one for one, end in final.items() if not end] == ["queued", "sent"]


def test_over_smpp_the_bind_is_named() -> None:
    """So that a reply can go the same way."""
    place = Place(provider="smpp", account="carrier", transport="smpp", bind="carrier")
    scope = translated(inbound(), place, NOW).scope
    assert (scope["transport"], scope["bind"], scope["account"]) == ("smpp", "carrier", "carrier")


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=200), st.binary(max_size=20))
def test_whatever_is_said_is_plain(sender: str, recipient: str, text: str, data: bytes) -> None:
    """No text of a stranger raises, and what comes out crosses a process."""
    made = text.encode("utf-8", "replace").decode()
    found = Inbound(id="x", sender=sender, recipient=recipient, text=made, data=data)
    parcel = translated(found, PLACE, NOW, "CH")
    plain: Any = {**parcel.event, "from_address": "", "to_address": "", "from_raw": "", "to_raw": ""}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plain)) == plain
