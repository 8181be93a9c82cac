"""The plan: names and sources become interfaces, options and origins."""

from pathlib import Path

import pytest

from interfaces.runner.options import ServeOptions, Sni
from interfaces.runner.plan import make_plan
from interfaces.runner.sources import Environment, Given, Keywords, Table
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Origin


def origin(plan: object, name: str) -> Origin:
    """Where the value of an option came from."""
    return next(one.origin for one in plan.settings if one.flag.name == name)  # type: ignore[attr-defined]


def test_precedence_is_flag_variable_file_default() -> None:
    """Each option comes from the first source that has it, and the plan tells which."""
    plan = make_plan(
        ["http", "ws"],
        Given({"http.header_timeout": "1"}),
        Environment({"INTERFACES_HTTP_HEADER_TIMEOUT": "2", "INTERFACES_WS_PING_INTERVAL": "2"}),
        Table("t.toml", {"drain": 3, "http": {"header_timeout": 3}, "ws": {"ping_interval": 3}}),
    )
    ((interface, names),) = plan.chosen
    assert names == plan.names == ("http", "ws")
    assert (interface.options.header_timeout, interface.options.ws_ping_interval) == (1.0, 2.0)
    assert plan.options.drain == 3.0
    assert origin(plan, "http.header_timeout") == Origin("flag", "--http-header-timeout")
    assert origin(plan, "ws.ping_interval") == Origin("variable", "INTERFACES_WS_PING_INTERVAL")
    assert origin(plan, "drain") == Origin("file", "t.toml: drain")
    assert origin(plan, "backlog").kind == "default"


def test_a_name_that_means_nothing_is_refused() -> None:
    """A misspelt keyword does not pass silently."""
    with pytest.raises(
        ConfigError, match="http_header_timeot: no such option; did you mean http_header_timeout"
    ):
        make_plan(["http"], Keywords({"http_header_timeot": 1}))


def test_every_setting_is_listed_once() -> None:
    """The plan's settings are all options of the process and of what is served."""
    names = [one.flag.name for one in make_plan(["http"]).settings]
    assert len(names) == len(set(names))
    assert {"workers", "http.bind"} <= set(names)


def test_sni_is_a_table() -> None:
    """[[tls_sni]] becomes certificates by host name."""
    row = {"hostname": "example.org", "cert": "a.pem", "key": "b.pem"}
    plan = make_plan(["http"], Table("t", {"tls_cert": "c.pem", "tls_sni": [row]}))
    assert plan.options.tls_sni == (Sni(hostname="example.org", cert=Path("a.pem"), key=Path("b.pem")),)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"workers": 2, "reload": True}, "--reload serves with one process"),
        ({"tls_key": Path("k")}, "--tls-key needs --tls-cert"),
        ({"tls_sni": (Sni(hostname="x", cert=Path(), key=Path()),)}, "--tls-sni needs --tls-cert"),
        ({"tls_client_required": True}, "--tls-client-required needs --tls-client-ca"),
        ({"tls_client_ca": "ca.pem"}, "--tls-client-ca needs --tls-cert"),
        ({"workers": 10**9}, "--workers 1000000000: 1024 processes are the most"),
        ({"backlog": 1 << 40}, "no kernel holds so many"),
        ({"proxy_protocol": True}, "--proxy-protocol needs --trusted-proxies"),
    ],
)
def test_what_cannot_work_together_is_refused(options: dict[str, object], said: str) -> None:
    """Process-wide options that contradict each other are refused before anything is opened."""
    with pytest.raises(ConfigError, match=said):
        ServeOptions(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0),
        ("ws_max_message", 0),
        ("ws_max_frame", 0),
        ("ws_max_fragments", 0),
        ("ws_deflate_window", 8),
        ("ws_deflate_window", 16),
        ("ws_deflate_level", 0),
        ("ws_deflate_level", 10),
    ],
)
def test_a_number_out_of_its_range_is_refused_by_its_name(name: str, value: int) -> None:
    """What could not be served with is no plan, so that `check` finds it."""
    with pytest.raises(ConfigError, match=f"^{name}={value}: expected a finite number "):
        make_plan(["http", "ws"], Keywords({name: value}))


def test_the_defaults_work_together() -> None:
    """Nothing given is a process that can start; each help is one line without a full stop."""
    ServeOptions()
    for setting in make_plan(["http"]).settings:
        assert setting.flag.help.isprintable()
        assert not setting.flag.help.endswith(".")
