"""Which account, or bind, sends a message: as it says, by its sender, by the longest prefix, by weight. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import inf, log

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.options import did_you_mean
from interfaces.sms.accounts import Account, Bind
from interfaces.sms.numbers import address
from interfaces.sms.sending.recipients import bare

__all__ = ["Route", "Routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way that a message can take."""

    account: str
    """The name of the account, or bind."""
    sender: str
    """"" where the provider knows who sends."""
    rate: float = 0.0
    """Parts a second that this sender may send; 0: no limit of ours, as for binds, which have a pace of their own."""
    bind: bool = False

    @property
    def place(self) -> str:
        """What its pace is kept for; behind the account, which is the wider place."""
        return f"{self.account}/{self.sender}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    name: str
    numbers: tuple[str, ...]
    prefixes: tuple[str, ...]
    weight: float
    rate: float
    bind: bool

    def fits(self, recipient: str) -> int:
        """How much of ``recipient`` its longest prefix is; -1: it does not send there."""
        number = bare(recipient)
        if not self.prefixes:
            return 0
        return max((len(prefix) for prefix in self.prefixes if number.startswith(prefix)), default=-1)

    def route(self, sender: str, recipient: str) -> Route:
        return Route(
            account=self.name, sender=sender or self._first(recipient), rate=self.rate, bind=self.bind
        )

    def _first(self, recipient: str) -> str:
        """The first number by the network that ``recipient`` is reached by, else the first one there."""
        channel = recipient.removesuffix(bare(recipient))
        own = next((one for one in self.numbers if one.removesuffix(bare(one)) == channel), "")
        return own or (channel + bare(self.numbers[0]) if self.numbers else "")


class Routes:
    """Of all accounts, each with its name, and binds. ConfigError for a prefix that is none.

    ``region``: of numbers that are written without a country; ``gateway``: whether systems may bind to us, which have
    what they are sent by the name under which they do.
    """

    def __init__(
        self,
        accounts: Iterable[tuple[str, Account]],
        binds: Iterable[Bind] = (),
        region: str = "",
        *,
        gateway: bool = False,
    ) -> None:
        self.region = region
        self.gateway = gateway
        self._ways = [
            *(self._way(name, one, one.rate, bind=False) for name, one in accounts),
            *(self._way(one.called, one, 0.0, bind=True) for one in binds if one.kind != "receiver"),
        ]

    def __repr__(self) -> str:
        return f"<Routes {', '.join(self.names)}>"

    @property
    def names(self) -> list[str]:
        """Of the accounts and binds that send."""
        return [one.name for one in self._ways]

    def of(self, recipient: str, *, sender: str = "", account: str = "", key: str = "") -> list[Route]:
        """The ways of a message, in the order in which they are tried.

        ``key`` tells it from others, and so which of those of one prefix is its first, each in its share. Raises
        ApplicationError where there is none.
        """
        if account:
            return [self._named(account).route(sender, recipient)]
        ways = self._of_sender(sender) if sender else self._ways
        fitting = [(one.fits(recipient), one) for one in ways]
        found = sorted(
            ((-length, _turn(key, one), one) for length, one in fitting if length >= 0),
            key=lambda entry: entry[:2],
        )
        if not found:
            raise ApplicationError(self._nobody(recipient, sender, ways))
        return [one.route(sender, recipient) for _, _, one in found]

    def _way(self, name: str, one: Account | Bind, rate: float, *, bind: bool) -> _Way:
        return _Way(
            name=name,
            numbers=tuple(address(number, self.region) for number in one.numbers),
            prefixes=tuple(_prefix(name, prefix) for prefix in one.prefixes),
            weight=one.weight,
            rate=rate,
            bind=bind,
        )

    def _named(self, account: str) -> _Way:
        for one in self._ways:
            if one.name == account:
                return one
        if self.gateway:
            return _Way(name=account, numbers=(), prefixes=(), weight=0.0, rate=0.0, bind=True)
        raise ApplicationError(
            f"account {account!r}: there is {', '.join(self.names) or 'none that sends'}"
            f"{did_you_mean(account, self.names)}"
        )

    def _of_sender(self, sender: str) -> Sequence[_Way]:
        """Those whose number it is; else those that do not say which they have."""
        own = [one for one in self._ways if sender in one.numbers]
        return own or [one for one in self._ways if not one.numbers]

    def _nobody(self, recipient: str, sender: str, ways: Iterable[_Way]) -> str:
        if not self._ways:
            return "no account or bind sends"
        if sender and not ways:
            return f"from_address {sender!r} is no number of an account: add it to its numbers, or say which account"
        return f"no account has a prefix of {recipient}"


def _prefix(name: str, said: str) -> str:
    found = "+" + said.strip().removeprefix("+").removeprefix("00").replace(" ", "")
    if not found[1:].isdecimal():
        raise ConfigError(f"sms.accounts {name}: prefixes: {said!r} is none: write the country first, as +41")
    return found


def _turn(key: str, one: _Way) -> float:
    """Its place in the row for ``key``: by weight, and the same each time. Weight 0 comes last."""
    if not one.weight:
        return inf
    drawn = int.from_bytes(sha256(f"{one.name}\0{key}".encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return -log((drawn + 1) / (2**64 + 1)) / one.weight
