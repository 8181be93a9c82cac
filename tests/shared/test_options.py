"""Options: names, conversions, errors, masking and the reference, all from one dataclass."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import (
    DEFAULT,
    Flag,
    Origin,
    apart,
    build,
    convert,
    did_you_mean,
    flags,
    option,
    reference,
    shown,
)

# ruff: noqa: RUF009 - option() makes a field


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    name: str
    cert: Path | None = None
    channels: tuple[str, ...] = ()
    password: str = option("", "its password", secret=True)
    kind: Literal["lan", "wan"] = option("lan", "what it is")
    weight: float = option(1.0, "its share", between=(0, float("inf")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    bind: tuple[str, ...] = option(("127.0.0.1:8000",), "where", unit="host:port")
    header_timeout: float = option(10.0, "the whole header", unit="seconds", peers="uvicorn none | nginx 60")
    limit: int = option(100, "how many")
    bits: int = option(12, "how wide", between=(9, 15))
    workers: int = option(1, "how many", between=(1, float("inf")))
    level: Literal["low", "high"] = option("low", "how much")
    words: tuple[Literal["a", "b"], ...] = option(("a",), "which")
    file: Path | None = option(None, "which file")
    pace: float | None = option(1.5, "how fast")
    color: bool | None = option(None, "colours")
    dirs: tuple[Path, ...] = option((), "directories")
    token: str = option("", "the token", secret=True)
    networks: tuple[Network, ...] = option((), "the networks")
    ws_ping: float = option(20.0, "of silence", unit="seconds")
    ws_deflate: bool = option(True, "compress")


NAMES = ("http", "ws")


class Texts:
    """A source of raw values by dotted name."""

    def __init__(self, **values: Any) -> None:
        self.values = {name.replace("__", "."): value for name, value in values.items()}

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        if flag.name not in self.values:
            return None
        return self.values[flag.name], Origin("variable", flag.variable)


def flag_of(name: str) -> Flag:
    """The option with that dotted name."""
    return next(flag for flag in flags(NAMES, Options) if flag.name == name)


def built(**values: Any) -> Options:
    """Options from raw values."""
    options: Options = build(NAMES, Options, Texts(**values))[0]
    return options


def refusal(**values: Any) -> str:
    """What is said to values that cannot be."""
    with pytest.raises(ConfigError) as caught:
        built(**values)
    return str(caught.value)


def test_one_field_has_every_name() -> None:
    """A field of the first name is called by it in TOML, as flag, as variable and as keyword."""
    flag = flag_of("http.header_timeout")
    assert (flag.flag, flag.variable, flag.words) == (
        "--http-header-timeout",
        "INTERFACES_HTTP_HEADER_TIMEOUT",
        "http_header_timeout",
    )


def test_a_siblings_field_belongs_to_the_sibling() -> None:
    """A field that begins with a sibling's name stands in the sibling's section, without the prefix."""
    flag = flag_of("ws.ping")
    assert (flag.section, flag.key, flag.attribute, flag.flag) == ("ws", "ping", "ws_ping", "--ws-ping")


def test_the_process_has_no_prefix() -> None:
    """Without names, options stand at the top of TOML and bear no prefix."""
    flag = flags((), Options)[0]
    assert (flag.name, flag.flag, flag.variable) == ("bind", "--bind", "INTERFACES_BIND")


def test_fields_that_are_no_options_are_left_out() -> None:
    """A plain field of the dataclass makes no flag."""
    assert [flag.name for flag in flags((), Network)] == ["password", "kind", "weight"]


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("http.header_timeout", "2.5", 2.5),
        ("http.header_timeout", 3, 3.0),
        ("http.limit", "0", 0),
        ("http.bind", "a:1, b:2,", ("a:1", "b:2")),
        ("http.bind", ["a:1"], ("a:1",)),
        ("http.level", "high", "high"),
        ("http.words", "b,a", ("b", "a")),
        ("http.bits", "9", 9),
        ("http.bits", "15", 15),
        ("http.file", "/etc/x.pem", Path("/etc/x.pem")),
        ("http.file", "none", None),
        ("http.file", Path("y"), Path("y")),
        ("http.pace", "none", None),
        ("http.color", "true", True),
        ("http.color", None, None),
        ("http.dirs", "a,b", (Path("a"), Path("b"))),
        ("http.token", "none", "none"),
        ("ws.deflate", "0", False),
        ("http.networks", '[{"name": "x", "cert": "c.pem"}]', (Network(name="x", cert=Path("c.pem")),)),
        ("http.networks", [{"name": "x", "channels": ["#a"]}], (Network(name="x", channels=("#a",)),)),
        ("http.networks", (Network(name="x"),), (Network(name="x"),)),
    ],
)
def test_values_convert_from_text_toml_and_python(name: str, raw: Any, value: Any) -> None:
    """What a variable, a file or a keyword can hold becomes the field's type."""
    assert convert(flag_of(name), raw, DEFAULT) == value


def test_a_path_begins_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leading ~ is the home directory, which no shell expands in a file."""
    monkeypatch.setenv("HOME", "/home/me")
    assert convert(flag_of("http.file"), "~/key.pem", DEFAULT) == Path("/home/me/key.pem")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("http.header_timeout", "abc", "=abc: expected `float`; say seconds, such as 10"),
        ("http.header_timeout", "-1", "=-1: expected a finite number of at least 0"),
        ("http.header_timeout", "inf", "=inf: expected a finite number"),
        ("http.header_timeout", "nan", "=nan: expected a finite number"),
        ("http.header_timeout", True, "=True: expected `float`"),
        ("http.limit", "1.5", "=1.5: expected `int`; say 100"),
        ("http.pace", "x", "=x: expected `float`; say 1.5"),
        ("http.color", "maybe", "=maybe: expected `bool`; say true or false"),
        ("http.level", "middle", "=middle: expected one of low, high"),
        ("http.words", "a,c", "=a,c: expected one of a, b"),
        ("http.bits", "8", "=8: expected a finite number from 9 to 15"),
        ("http.bits", "16", "=16: expected a finite number from 9 to 15"),
        ("http.workers", "0", "=0: expected a finite number of at least 1"),
        ("http.bind", [1], "=[1]: expected `str` - at `$[0]`"),
        ("http.file", 3, "=3: "),
        ("http.networks", "[", "=…: "),
        ("http.networks", '[{"cert": "c"}]', "Object missing required field `name` - at `$[0]`"),
        ("http.networks", '[{"name": "x", "chanels": []}]', "unknown key 'chanels'; did you mean channels?"),
        ("http.networks", '{"name": "x"}', "expected `array`"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_that_names_its_source(name: str, raw: Any, said: str) -> None:
    """The message begins with the variable and says what was expected."""
    message = refusal(**{name.replace(".", "__"): raw})
    assert message.startswith(flag_of(name).variable + "=")
    assert said in message
    assert "\n" not in message


@example(text="~0", name="http.dirs")
@given(st.text(max_size=30), st.sampled_from([flag.name for flag in flags(NAMES, Options)]))
def test_any_text_converts_or_is_refused_in_one_line(text: str, name: str) -> None:
    """No text in a variable makes anything but a value or a ConfigError of one printable line."""
    said = ""
    try:
        built(**{name.replace(".", "__"): text})
    except ConfigError as error:
        said = str(error)
    assert said.isprintable()


def test_a_refused_secret_is_not_shown() -> None:
    """The message about a secret does not contain it."""
    assert "hunter2" not in refusal(http__token=["hunter2"])


@pytest.mark.parametrize(
    "said",
    [
        '[{"name": "x", "password": "hunter2", "passwort": "hunter2"}]',
        '[{"name": "x", "password": "hunter2"',
        '{"name": "x", "password": "hunter2"}',
        [{"name": "x", "password": ["hunter2"]}],
        [{"name": "x", "password": "hunter2", "weight": -1}],
        ["hunter2"],
        "hunter2",
    ],
)
def test_a_refused_table_shows_no_secret_that_is_in_it(said: Any) -> None:
    """A wrong key beside a password has a line that tells of the key alone."""
    assert "hunter2" not in refusal(http__networks=said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"weight": -1}, "weight: expected a finite number of at least 0"),
        ({"weight": float("nan")}, "weight: expected a finite number of at least 0"),
        ({"kind": "man"}, "kind: expected one of lan, wan"),
    ],
)
def test_values_of_a_table_are_checked_as_those_of_options_are(more: dict[str, Any], said: str) -> None:
    """A number out of its range and a word that there is not are refused in a table, too."""
    assert refusal(http__networks=[{"name": "x", **more}]).endswith(said)


def test_the_first_source_wins_and_says_so() -> None:
    """Of several sources the first that has a value gives it, and the origin names that one."""
    first, second = Texts(http__limit="1"), Texts(http__limit="2", ws__ping="3")
    options, origins = build(NAMES, Options, first, second)
    assert (options.limit, options.ws_ping, options.pace) == (1, 3.0, 1.5)
    assert origins["http.limit"] == Origin("variable", "INTERFACES_HTTP_LIMIT")
    assert origins["http.pace"] is DEFAULT


def test_without_sources_all_are_defaults() -> None:
    """Nothing given builds what the class builds by itself."""
    options, origins = build(NAMES, Options)
    assert options == Options()
    assert set(origins.values()) == {DEFAULT}


@pytest.mark.parametrize(("word", "said"), [("header_timeot", "; did you mean header_timeout?"), ("zzz", "")])
def test_did_you_mean(word: str, said: str) -> None:
    """Something close is proposed, and nothing when nothing is."""
    assert did_you_mean(word, ["header_timeout", "limit"]) == said


def test_secrets_are_masked_at_any_depth() -> None:
    """A secret that is set shows as stars, in a nested table too; one that is not set shows as empty."""
    networks = (Network(name="x", password="hunter2", cert=Path("c")), Network(name="y"))
    assert shown(networks) == [
        {"name": "x", "cert": "c", "channels": [], "password": "***", "kind": "lan", "weight": 1.0},
        {"name": "y", "cert": None, "channels": [], "password": "", "kind": "lan", "weight": 1.0},
    ]
    assert shown("hunter2", secret=True) == "***"


def test_no_repr_shows_a_secret() -> None:
    """Options are logged as they are printed: the secret is left out."""
    assert "hunter2" not in repr(Options(token="hunter2", networks=(Network(name="x", password="hunter2"),)))


def test_the_reference_has_a_row_an_option() -> None:
    """Each option has one row with all of its names, and a bar in a text does not end its cell."""
    rows = reference(NAMES, Options).splitlines()
    assert len(rows) == 2 + len(flags(NAMES, Options))
    assert rows[3] == (
        "| `http.header_timeout` | `--http-header-timeout` | `INTERFACES_HTTP_HEADER_TIMEOUT` | seconds "
        "| `10` | uvicorn none \\| nginx 60 | the whole header |"
    )
    assert "| `--ws-deflate/--no-ws-deflate` |" in rows[-1]
    assert {len(row.replace("\\|", "").split("|")) for row in rows} == {9}


@pytest.mark.parametrize(
    ("name", "takes", "default"),
    [
        ("http.bind", "host:port", "127.0.0.1:8000"),
        ("http.limit", "number", "100"),
        ("http.bits", "9-15", "12"),
        ("http.workers", "number", "1"),
        ("http.level", "low|high", "low"),
        ("http.file", "path", ""),
        ("http.pace", "number", "1.5"),
        ("http.networks", "JSON", ""),
        ("http.dirs", "path", ""),
        ("http.token", "text", ""),
        ("ws.deflate", "bool", "on"),
    ],
)
def test_help_says_what_an_option_takes(name: str, takes: str, default: str) -> None:
    """The kind of value and the default are told in words."""
    assert (flag_of(name).takes, flag_of(name).default_text) == (takes, default)


def test_flags_know_how_they_are_given() -> None:
    """A truth value is a switch, a list may repeat, a list of tables is one JSON text."""
    assert flag_of("http.color").switch
    assert flag_of("http.bind").repeatable
    assert not flag_of("http.networks").repeatable
    assert flag_of("http.networks").table is Network


def test_a_common_prefix_makes_nothing_closer() -> None:
    """Words that share only their prefix are not proposed for each other."""
    assert did_you_mean("INTERFACES_QQQ", ["INTERFACES_RELOAD"], "INTERFACES_") == ""
    assert did_you_mean("INTERFACES_RELAOD", ["INTERFACES_RELOAD"], "INTERFACES_").endswith(
        "INTERFACES_RELOAD?"
    )


def test_an_empty_value_of_a_list_is_none() -> None:
    """``--bind ''`` on the command line takes away what stands in a file or is the default."""
    (bind, *_) = flags(NAMES, Options)
    assert convert(bind, ("",), DEFAULT) == ()
    assert convert(bind, "", DEFAULT) == ()
    assert convert(bind, ["", "a:1"], DEFAULT) == ("a:1",)


def test_two_folders_are_not_one(tmp_path: Path) -> None:
    """Also where they are written in two ways; none is as good as any."""
    here = str(tmp_path)
    for folder, others in (("", ""), (here, ""), ("", here), (here, f"{here}/other")):
        apart("--a", folder, "--b", others)
    (tmp_path / "link").symlink_to(tmp_path)
    for others in (here, f"{here}/", f"{here}/link"):
        with pytest.raises(ConfigError, match=f"^--a {here}: that is the folder of --b, too"):
            apart("--a", here, "--b", others)
