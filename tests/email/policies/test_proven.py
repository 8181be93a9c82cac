from typing import Any

import pytest

from interfaces.email.policies.proven import verdict


def found(method: str, result: str, reason: str = "why", **more: str) -> dict[str, Any]:
    """Results with one that counts."""
    return {
        "spf": None,
        "dmarc": None,
        method: {"result": result, "domain": "a.example", "reason": reason, **more},
    }


@pytest.mark.parametrize(
    ("method", "result", "more", "code"),
    [
        ("dmarc", "fail", {"policy": "reject"}, (550, "5.7.1")), ("dmarc", "fail", {"policy": "quarantine"}, None),
        ("dmarc", "fail", {"policy": "none"}, None), ("dmarc", "pass", {"policy": "reject"}, None),
        ("dmarc", "none", {"policy": "reject"}, None), ("dmarc", "temperror", {}, (451, "4.7.1")),
        ("dmarc", "permerror", {"reason": "more than one author"}, (550, "5.7.1")),
        ("dmarc", "permerror", {"reason": "no author"}, None), ("spf", "fail", {}, (550, "5.7.23")),
        ("spf", "softfail", {}, None), ("spf", "temperror", {}, (451, "4.7.24")), ("spf", "permerror", {}, None),
    ],
)  # fmt: skip
def test_what_is_refused(
    method: str, result: str, more: dict[str, str], code: tuple[int, str] | None
) -> None:
    """What the domain asks to refuse is refused, what cannot be checked is put off, all else is the application's."""
    results = found(method, result, **more)
    said = verdict(results, dmarc=True, spf=True)
    assert (said and (said.detail["code"], said.detail["enhanced"])) == code
    assert verdict(results, dmarc=method != "dmarc", spf=method != "spf") is None


def test_what_was_not_checked() -> None:
    """Without results there is no verdict."""
    assert verdict({}, dmarc=True, spf=True) is None


@pytest.mark.parametrize(
    ("arc", "refused"),
    [
        ({"result": "pass", "domain": "list.example", "dmarc": "pass"}, False),
        ({"result": "pass", "domain": "list.example", "dmarc": "fail"}, True),
        ({"result": "pass", "domain": "other.example", "dmarc": "pass"}, True),
        ({"result": "fail", "domain": "list.example"}, True),
        (None, True),
    ],
)
def test_whom_we_believe_to_have_checked(arc: dict[str, str] | None, refused: bool) -> None:
    """What a sealer of ours found to pass is not refused for what it has broken since."""
    results = {**found("dmarc", "fail", policy="reject"), "arc": arc}
    assert (verdict(results, dmarc=True, spf=True, sealers={"list.example"}) is not None) == refused
