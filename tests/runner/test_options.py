"""What the options of a process refuse, before anything is opened."""

from pathlib import Path

import pytest

from interfaces.runner.options import MOST_WORKERS, ServeOptions, Sni, WorkerOptions
from interfaces.runner.start import wants_supervisor
from interfaces.shared.errors import ConfigError

PEM = Path("cert.pem")
SNI = (Sni(hostname="example.org", cert=PEM, key=PEM),)

REFUSED = [
    ({"reload": True, "workers": 2}, "--workers"),
    ({"workers": MOST_WORKERS + 1}, str(MOST_WORKERS)),
    ({"backlog": 1 << 31}, "--backlog"),
    ({"tls_client_ca": PEM}, "--tls-cert"),
    ({"tls_key": PEM}, "--tls-cert"),
    ({"tls_sni": SNI}, "--tls-cert"),
    ({"tls_client_required": True, "tls_cert": PEM}, "--tls-client-ca"),
    ({"relay": ("websocket",)}, "--layer"),
    ({"relay_tls_key": PEM}, "--relay-tls-cert"),
    ({"relay_bind": "127.0.0.1:7800", "workers": 2}, "port 0"),
    ({"proxy_protocol": True}, "--trusted-proxies"),
]
ALLOWED = [
    {"reload": True},
    {"workers": MOST_WORKERS},
    {"backlog": (1 << 31) - 1},
    {"tls_client_ca": PEM, "tls_cert": PEM, "tls_client_required": True},
    {"tls_key": PEM, "tls_cert": PEM, "tls_sni": SNI},
    {"relay": ("websocket",), "layer": "redis://127.0.0.1"},
    {"relay": ("websocket",), "relay_bind": "127.0.0.1:7800"},
    {"relay_bind": "127.0.0.1:0", "workers": 2},
    {"proxy_protocol": True, "trusted_proxies": ("*",)},
]


@pytest.mark.parametrize(("given", "names"), REFUSED)
def test_what_cannot_work_together_is_one_line(given: dict, names: str) -> None:
    """It names the option that has to be changed, and fits on one line."""
    with pytest.raises(ConfigError) as caught:
        ServeOptions(**given)
    assert names in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ALLOWED)
def test_what_can_work_is_taken(given: dict) -> None:
    """Each refusal has its border: on the other side of it the same option is taken."""
    options = ServeOptions(**given)
    assert {name: getattr(options, name) for name in given} == given


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"app": "a:b"}, False),
        ({"app": "a:b", "layer": "local:"}, False),
        ({"layer": "local:"}, True),
        ({"relay_bind": "127.0.0.1:0"}, True),
        ({}, False),
    ],
)
def test_a_process_without_application_needs_a_way_to_workers(given: dict, expected: bool) -> None:
    """It is distributed when there is no application and workers can be found; an application is always run."""
    assert ServeOptions(**given).distributed is expected


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, "--connect HOST:PORT"),
        ({"connect": ("127.0.0.1:7800",)}, "--relay-token"),
        ({"connect": ("unix:/run/a", "127.0.0.1:7800")}, "--relay-token"),
        ({"connect": ("unix:/run/a",), "transport": "redis"}, "--transport redis"),
        ({"connect": ("unix:/run/a",), "reload": True, "workers": 3}, "--workers"),
    ],
)
def test_a_worker_says_where_the_containers_are(given: dict, names: str) -> None:
    """Without an address it can use, with one it may not trust, or with two that exclude each other it stops."""
    with pytest.raises(ConfigError) as caught:
        WorkerOptions(**given)
    assert names in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"layer": "redis://127.0.0.1"},
        {"connect": ("unix:/run/a",)},
        {"connect": ("127.0.0.1:7800",), "relay_token": "t"},
        {"layer": "redis://127.0.0.1", "transport": "redis"},
        {"relay_bind": "127.0.0.1:7800", "workers": 2, "layer": "redis://127.0.0.1"},
    ],
)
def test_a_worker_that_knows_where_they_are_may_start(given: dict) -> None:
    """A layer, a unix socket, or an address with the token will do; it never is a container without application."""
    assert WorkerOptions(**given).distributed is False


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, False), ({"workers": 2}, True), ({"reload": True}, True), ({"workers": 1}, False)],
)
def test_only_several_processes_and_reloading_need_a_supervisor(given: dict, expected: bool) -> None:
    """One process serves by itself."""
    assert wants_supervisor(ServeOptions(**given)) is expected


def test_secrets_are_not_shown() -> None:
    """A token and a password are no part of what a log may have."""
    from interfaces.shared.options import flags

    secret = {flag.name for flag in flags((), ServeOptions) if flag.secret}
    assert {"relay_token", "tls_key_password"} <= secret
