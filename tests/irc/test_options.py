"""What of the options of IRC fits together, each field's bounds, and what is told where one does not fit."""

from typing import Any

import pytest

from interfaces.irc.client import check
from interfaces.irc.networks import Network
from interfaces.irc.options import IrcOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Origin, convert, flags

FLAGS = {flag.key: flag for flag in flags(("irc",), IrcOptions)}
FIELDS = {flag.key: flag for flag in flags((), Network)}
KEYBOARD = Origin("flag", "--x")
NET = Network(name="net", host="irc.example", nick="bot")


def refused(given: dict[str, Any]) -> str:
    """What is told of such options."""
    with pytest.raises(ConfigError) as raised:
        IrcOptions(**given)
    return str(raised.value)


def misread(key: str, raw: Any) -> str:
    """What is told of a value that is none."""
    with pytest.raises(ConfigError) as raised:
        convert(FLAGS[key], raw, KEYBOARD)
    return str(raised.value)


def network_refused(**more: Any) -> str:
    """What is told of such a network."""
    usual = {"name": "net", "host": "irc.example", "nick": "bot"}
    with pytest.raises(ConfigError) as raised:
        check(IrcOptions(networks=(Network(**{**usual, **more}),)))
    return str(raised.value)


WORD = ": one word, without : , * ! and @"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"path": "irc"}, "--irc-path irc: write a path such as /irc"),
        ({"path": "/irc/"}, "--irc-path /irc/: write a path such as /irc"),
        ({"path": "/"}, "--irc-path /: write a path such as /irc"),
        ({"network": ""}, f"--irc-network ''{WORD}"),
        ({"network": "a b"}, f"--irc-network 'a b'{WORD}"),
        ({"server_name": "a!b"}, f"--irc-server-name 'a!b'{WORD}"),
        ({"server_name": ":a"}, f"--irc-server-name ':a'{WORD}"),
        ({"nick": "a@b"}, f"--irc-nick 'a@b'{WORD}"),
        ({"nick": "a,b"}, f"--irc-nick 'a,b'{WORD}"),
        ({"nick": "a*"}, f"--irc-nick 'a*'{WORD}"),
        ({"nick": "a\r\nQUIT"}, rf"--irc-nick 'a\r\nQUIT'{WORD}"),
        (
            {"auth_required": True},
            "--irc-auth-required needs --irc-auth module:function, which says who may log in",
        ),
        (
            {"mode": "client"},
            "--irc-mode client needs networks: [[irc.networks]] in interfaces.toml, or --irc-networks",
        ),
        (
            {"mode": "both"},
            "--irc-mode both needs networks: [[irc.networks]] in interfaces.toml, or --irc-networks",
        ),
        (
            {"send": False, "send_spool": "x"},
            "--irc-send-spool keeps what waits to be sent, and --no-irc-send sends nothing",
        ),
    ],
)
def test_what_cannot_work_is_told_in_these_words(given: dict[str, Any], said: str) -> None:
    """The flag, what is wrong with it, and what to do, in one line."""
    assert refused(given) == said


@pytest.mark.parametrize(
    ("mode", "networks", "client", "gateway"),
    [
        ("auto", (), False, True),
        ("auto", (NET,), True, False),
        ("client", (NET,), True, False),
        ("gateway", (), False, True),
        ("gateway", (NET,), False, True),
        ("both", (NET,), True, True),
    ],
)
def test_which_modes_are_served(mode: Any, networks: Any, client: bool, gateway: bool) -> None:
    """As is said; without a word what there are networks for."""
    found = IrcOptions(mode=mode, networks=networks)
    assert (found.client, found.gateway) == (client, gateway)


BOUNDED = [(key, flag) for key, flag in FLAGS.items() if flag.plain in (int, float)]


@pytest.mark.parametrize(("key", "flag"), BOUNDED, ids=[key for key, _ in BOUNDED])
def test_a_number_is_in_its_range(key: str, flag: Any) -> None:
    """The least and the greatest are taken, one beyond them is not, and the default is in between."""
    least, most = flag.between
    bounds = f"of at least {least}" if most == float("inf") else f"from {least} to {most}"
    for wrong in [least - 1] if most == float("inf") else [least - 1, most + 1]:
        assert misread(key, wrong).startswith(f"--x={wrong}: expected a finite number {bounds}; say")
    for right in (least, flag.default) if most == float("inf") else (least, most, flag.default):
        assert convert(flag, right, KEYBOARD) == right


@pytest.mark.parametrize(("key", "flag"), BOUNDED, ids=[key for key, _ in BOUNDED])
def test_a_number_is_a_number(key: str, flag: Any) -> None:
    """Not a word, nothing, or infinity; the complaint has an example."""
    for wrong in ("soon", "", "nan", "inf"):
        assert "; say " in misread(key, wrong)
        assert misread(key, wrong).startswith("--x=") and "\n" not in misread(key, wrong)


@pytest.mark.parametrize("key", [key for key, flag in FLAGS.items() if flag.plain is bool])
def test_a_switch_is_on_or_off(key: str) -> None:
    """In the words that all switches have."""
    assert convert(FLAGS[key], "true", KEYBOARD) is True and convert(FLAGS[key], "0", KEYBOARD) is False
    assert misread(key, "perhaps") == "--x=perhaps: expected `bool`; say true or false"


def test_a_mode_is_one_of_four() -> None:
    """And the complaint says which."""
    assert misread("mode", "server") == "--x=server: expected one of auto, client, gateway, both"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"hots": "x"}, "unknown key 'hots'; did you mean host?"),
        ({"host": 5}, "expected `str`"),
        ({"port": 65536}, "port: expected a finite number from 0 to 65535"),
        ({"port": -1}, "port: expected a finite number from 0 to 65535"),
        ({"rate": -0.5}, "rate: expected a finite number of at least 0"),
        ({"burst": 0}, "burst: expected a finite number from 1 to 1000"),
        ({"history": 10_001}, "history: expected a finite number from 0 to 10000"),
        ({"regain": -1}, "regain: expected a finite number of at least 0"),
        ({"ping_interval": 0}, "ping_interval: expected a finite number of at least 0.05"),
        ({"ping_timeout": 0.01}, "ping_timeout: expected a finite number of at least 0.05"),
        ({"sasl": "scram"}, "sasl: expected one of auto, plain, external, scram-sha-256, none"),
        ({"tls": "perhaps"}, "expected `bool`"),
        ({"channels": 5}, "expected `array`"),
    ],
)
def test_a_row_of_networks_is_read_strictly(row: dict[str, Any], said: str) -> None:
    """Which key, and what it takes; never what was written, as a password may be in it."""
    told = misread("networks", [{"host": "irc.example", "nick": "bot", "password": "geheim", **row}])
    assert told.startswith(f"--x=…: {said}") and "geheim" not in told and "\n" not in told


def test_a_network_from_the_command_line() -> None:
    """As JSON, with the defaults of all that is not said."""
    (found,) = convert(
        FLAGS["networks"], '[{"host": "irc.example", "nick": "bot", "channels": ["#a"]}]', KEYBOARD
    )
    assert (
        found == Network(host="irc.example", nick="bot", channels=("#a",)) and found.called == "irc.example"
    )


AT = "irc.networks net: "
CHANNEL = ': write "#name", or "#name key"'


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"host": ""}, f"{AT}host is the server to connect to"),
        ({"host": "a b"}, f"{AT}host is the server to connect to"),
        ({"host": "", "name": ""}, "irc.networks (without a name): host is the server to connect to"),
        ({"name": "a b"}, "irc.networks a b: name has letters, digits, dots and hyphens, 64 at most"),
        ({"name": "", "host": "::1"}, "irc.networks ::1: host is the server to connect to"),
        (
            {"name": "x" * 65},
            f"irc.networks {'x' * 65}: name has letters, digits, dots and hyphens, 64 at most",
        ),
        ({"nick": ""}, f"{AT}nick '' is one word, without ! @ , * and ?"),
        ({"nick": "a?"}, f"{AT}nick 'a?' is one word, without ! @ , * and ?"),
        ({"user": "a b"}, f"{AT}user 'a b' is one word, without ! @ , * and ?"),
        ({"alternatives": ("ok", ":no")}, f"{AT}alternatives: ':no' is no nick"),
        ({"alternatives": ("",)}, f"{AT}alternatives: '' is no nick"),
        ({"realname": "a\nb"}, f"{AT}realname is one line"),
        ({"password": "a\rb"}, f"{AT}password is one line"),
        ({"account": "a\0b"}, f"{AT}account is one line"),
        ({"account_password": "a\nb"}, f"{AT}account_password is one line"),
        ({"channels": ("#a", "")}, f"{AT}channels: ''{CHANNEL}"),
        ({"channels": ("#a,#b",)}, f"{AT}channels: '#a,#b'{CHANNEL}"),
        ({"channels": ("#a k l",)}, f"{AT}channels: '#a k l'{CHANNEL}"),
        ({"channels": (":a",)}, f"{AT}channels: ':a'{CHANNEL}"),
        (
            {"without": ("bach",)},
            f"{AT}without: bach is no capability that is asked for; did you mean batch?",
        ),
        ({"without": ("zzz",)}, f"{AT}without: zzz is no capability that is asked for"),
        ({"fallback": "utf-99"}, f"{AT}fallback 'utf-99' is no encoding"),
        ({"sasl": "external"}, f"{AT}sasl external needs cert_file, our certificate"),
        ({"sasl": "plain"}, f"{AT}sasl plain needs account_password"),
        ({"sasl": "scram-sha-256"}, f"{AT}sasl scram-sha-256 needs account_password"),
        ({"sasl_required": True}, f"{AT}sasl_required needs account_password, or cert_file"),
        (
            {"sasl": "none", "sasl_required": True, "account_password": "x"},
            f"{AT}sasl_required needs account_password, or cert_file",
        ),
        ({"cert_file": "x", "tls": False}, f"{AT}cert_file is shown by TLS, which tls = false switches off"),
        ({"cert_file": "/none"}, f"{AT}cert_file /none is no file"),
        ({"key_file": "/none"}, f"{AT}key_file /none is no file"),
        ({"ca_file": "/none"}, f"{AT}ca_file /none is no file"),
        ({"lease": True}, f"{AT}lease needs a --layer with a broker, which containers share"),
    ],
)
def test_a_network_that_cannot_be_is_told_in_these_words(more: dict[str, Any], said: str) -> None:
    """Which network, which key, and what it has to be."""
    assert network_refused(**more) == said


@pytest.mark.parametrize("fallback", ["base64", "rot13", "hex", "undefined", "idna"])
def test_an_encoding_has_to_read_any_text(fallback: str) -> None:
    """What Python calls a codec, and reads no bytes as a text, would fail at the first such line."""
    assert network_refused(fallback=fallback) == f"{AT}fallback {fallback!r} is no encoding"
