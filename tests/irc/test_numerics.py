"""Numerics and their texts."""

from interfaces.irc import numerics
from interfaces.irc.isupport import TEXT
from interfaces.irc.numerics import NAMES, TEXTS, text_of


def test_each_code_has_one_name() -> None:
    """Three digits, and no two names for the same ones."""
    codes = [code for name, code in vars(numerics).items() if name.startswith(("RPL_", "ERR_"))]
    assert len({*codes}) == len(codes) == len(NAMES)
    assert all(len(code) == 3 and code.isdigit() for code in codes)
    assert (NAMES["001"], NAMES["433"]) == ("RPL_WELCOME", "ERR_NICKNAMEINUSE")


def test_every_error_says_something() -> None:
    """So a gateway can answer with the code alone; an answer that is none of these has its own words."""
    assert [name for code, name in NAMES.items() if name.startswith("ERR_") and not text_of(code)] == []
    assert {*TEXTS} <= {*NAMES}
    assert text_of("404") == "Cannot send to channel"
    assert (text_of("001"), text_of("999")) == ("", "")
    assert text_of("005") == TEXT


def test_errors_are_where_errors_are() -> None:
    """From 400 on, but for those of later specifications; what answers a command is not among them."""
    assert all(name.startswith("ERR_") for code, name in NAMES.items() if "400" <= code < "600")
    assert all(name.startswith("RPL_") for code, name in NAMES.items() if code < "400")


def test_what_a_gateway_needs_is_there() -> None:
    """The numerics of each command that it takes."""
    wanted = (
        "001-005 221 251-255 265-266 301-303 305-306 311-315 317-319 321-324 329 331-333 338 341 346-349 351-354 "
        "366-369 371-372 374-376 381 391 396 401-407 409 411-412 417 421-422 431-433 436-437 441-443 451 461-462 "
        "464-465 471-477 481-482 491 501-502 524-525 671 696 704-706 730-734 900-908"
    )
    for one in wanted.split():
        low, _, high = one.partition("-")
        for code in range(int(low), int(high or low) + 1):
            assert f"{code:03}" in NAMES, code
