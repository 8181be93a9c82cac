"""The words of a delivery: claims and verdicts."""

from dataclasses import FrozenInstanceError

import pytest

from interfaces.shared.delivery import Claim, Verdict


@pytest.mark.parametrize(("kind", "final"), [("accept", True), ("reject", True), ("defer", False)])
def test_only_a_temporary_refusal_may_not_be_kept(kind: str, final: bool) -> None:
    """The repeat of what was deferred runs again, so nobody may remember that verdict."""
    assert Verdict(kind).final is final


def test_a_claim_is_ours_by_its_token_alone() -> None:
    """One that another runs, and one that has its verdict, prove nothing."""
    assert Claim("k", token="t").ours
    assert not Claim("k").ours
    assert not Claim("k", verdict=Verdict("accept", {"code": 250})).ours


def test_a_verdict_carries_the_words_of_its_protocol() -> None:
    """They stay as they were said, and two of the same words are the same verdict."""
    said = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "no such user"})
    assert said.detail["code"] == 550
    assert said == Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "no such user"})
    assert said != Verdict("reject")


def test_what_was_decided_does_not_change() -> None:
    """A verdict that others wait for cannot be altered under them."""
    with pytest.raises(FrozenInstanceError):
        Verdict("accept").kind = "reject"
    with pytest.raises(FrozenInstanceError):
        Claim("k").token = "stolen"
