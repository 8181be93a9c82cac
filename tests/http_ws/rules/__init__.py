"""Which test proves which rule of HTTP/2: what RFC 9113 (§3 to §8), 7541, 8441 and 9218 demand, in our words.

A place is the RFC's section and paragraph, as its anchors name them ("5.1-7.2.4": section 5.1, paragraph 7.2.4).
``proof`` are tests: "wire_h2.the_preface" is ``test_the_preface`` in tests/http_ws/test_wire_h2.py, and
"interop/h2_clients.nghttp" is in tests/interop. Or it begins with "no:", and says why the rule binds others, or
why we do otherwise. ``h2spec`` are the cases of that suite that ask for the same.
"""

from typing import NamedTuple

__all__ = ["Rule"]


class Rule(NamedTuple):
    """One rule."""

    place: str
    demand: str
    proof: str
    h2spec: str = ""
