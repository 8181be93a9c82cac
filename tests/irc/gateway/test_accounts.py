"""Who may log in."""

import asyncio
from typing import Any

import pytest

from interfaces.irc.gateway.accounts import Accounts, common_name, is_account
from interfaces.shared.errors import ConfigError
from tests.irc.gateway.support import Certificate

HERE = "tests.irc.gateway.test_accounts"


def same(account: str, password: str) -> object:
    """The operator's."""
    return account == password and "yes"


def answer(accounts: Accounts, account: str = "a", password: str = "a", seconds: float = 5.0) -> bool | None:
    """Ask it."""
    return asyncio.run(accounts.fits(account, password, seconds))


def test_the_function_of_the_operator_decides() -> None:
    """What it gives is taken for true or false."""
    accounts = Accounts(f"{HERE}:same")
    assert accounts and answer(accounts) is True and answer(accounts, password="b") is False


def test_without_one_nobody_may() -> None:
    """Nor is it offered."""
    assert not Accounts("") and answer(Accounts("")) is False


def test_one_that_is_not_there_is_a_mistake_of_the_operator() -> None:
    """The option is named."""
    with pytest.raises(ConfigError, match=r"^--irc-auth nowhere:f: "):
        Accounts("nowhere:f")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("anna", True), ("Änne@example.org", True), ("", False), ("a b", False), (":a", False), ("*", False),
        ("a\nb", False),
        ("x" * 100, True), ("x" * 101, False), ("ä" * 51, False), ("\u202eanna", False),
    ],
)  # fmt: skip
def test_an_account_has_to_stand_in_a_line(name: str, may: bool) -> None:
    """One word that looks like what it is."""
    assert is_account(name) is may


class Many(Certificate):
    """A subject of several parts."""

    def getpeercert(self) -> dict[str, Any]:
        """As ssl has it."""
        return {"subject": ((("organizationName", "x"), ("commonName", "one")), (("commonName", "two"),))}


@pytest.mark.parametrize(
    ("connection", "name"),
    [(None, ""), (Certificate(), ""), (Certificate("ann"), "ann"), (Certificate("a b"), ""), (Many(), "two")],
)
def test_a_certificate_has_a_name(connection: object, name: str) -> None:
    """The last one, which is the most special; none that is no account."""
    assert common_name(connection) == name
