"""What is refused for what SPF and DMARC found (RFC 9989 §5, RFC 7208 §8.4, RFC 7372). Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from interfaces.shared.delivery import Verdict

__all__ = ["verdict"]


def verdict(
    found: Mapping[str, Any], *, dmarc: bool, spf: bool, sealers: Collection[str] = ()
) -> Verdict | None:
    """``dmarc``: refuse what fails where the domain asks for that; ``spf``: refuse what a domain says is not its.

    What one of ``sealers`` passed on, and had found to pass DMARC, is refused for neither (RFC 8617 §7.2.1).

    A check that could not be made puts the message off: else whoever breaks the DNS gets through.
    """
    if _believed(found.get("arc"), sealers):
        return None
    for switched, one, refusal in ((dmarc, found.get("dmarc"), _dmarc), (spf, found.get("spf"), _spf)):
        if switched and one is not None and (said := refusal(one)) is not None:
            return said
    return None


def _believed(arc: Mapping[str, str] | None, sealers: Collection[str]) -> bool:
    return arc is not None and arc["result"] == "pass" and arc["domain"] in sealers and arc["dmarc"] == "pass"


def _dmarc(one: Mapping[str, str]) -> Verdict | None:
    result, domain = one["result"], one["domain"]
    if result == "fail" and one.get("policy") == "reject":
        return _reject("5.7.1", f"{domain} asks to refuse what is not proven to be from it (DMARC)")
    if result == "temperror":
        return _defer("4.7.1", f"DMARC cannot be checked now: {one['reason']}")
    if result == "permerror" and one["reason"].startswith("more than one"):
        return _reject("5.7.1", "From has to name one author (DMARC)")
    return None


def _spf(one: Mapping[str, str]) -> Verdict | None:
    if one["result"] == "fail":
        return _reject("5.7.23", f"SPF: {one['reason']}")
    if one["result"] == "temperror":
        return _defer("4.7.24", f"SPF cannot be checked now: {one['reason']}")
    return None


def _reject(enhanced: str, text: str) -> Verdict:
    return Verdict("reject", {"code": 550, "enhanced": enhanced, "text": text})


def _defer(enhanced: str, text: str) -> Verdict:
    return Verdict("defer", {"code": 451, "enhanced": enhanced, "text": text})
