"""Where traces go: exporters by the OTEL_* variables, whose provider it is, and an end that waits for nobody long."""

import asyncio
import builtins
import threading

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter

from interfaces.runner import tracing as module
from interfaces.runner.options import ServeOptions
from interfaces.runner.server import Serving
from interfaces.runner.tracing import exporter, tracing
from interfaces.shared.errors import ConfigError
from interfaces.shared.listen import Listening
from interfaces.shared.tracing import tracer
from interfaces.testing.recorder import Recorder


@pytest.fixture
def world(monkeypatch):
    """OpenTelemetry's global provider, which here is nobody's at first; no OTEL_* variable is set."""
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    held = [trace.ProxyTracerProvider()]
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: held[0])
    monkeypatch.setattr(trace, "set_tracer_provider", lambda found: held.__setitem__(0, found))
    return held


def entered(inside):
    """What ``inside`` gives while a process traces."""

    async def run():
        async with tracing("shop") as spans:
            return inside(spans)

    return asyncio.run(run())


def test_exporters_have_opentelemetrys_names():
    """otlp speaks protobuf over HTTP; console is there for trying; none is none."""
    assert type(exporter("otlp")).__module__ == "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    assert isinstance(exporter("console"), ConsoleSpanExporter)
    assert exporter("none") is None


def test_an_exporter_that_is_not_installed_is_told_with_those_that_are():
    """In one line, which names the variable."""
    with pytest.raises(
        ConfigError, match="OTEL_TRACES_EXPORTER=jaeger: no such exporter; installed are otlp, none, c"
    ):
        exporter("jaeger")


def test_an_exporter_that_cannot_be_made_is_told(monkeypatch):
    """What its package says of it, in one line."""

    class Broken:
        def load(self):
            raise ImportError("no grpc")

    monkeypatch.setattr(module, "entry_points", lambda **given: [Broken()])
    with pytest.raises(ConfigError, match="OTEL_TRACES_EXPORTER=otlp: no grpc"):
        exporter("otlp")


def test_the_provider_is_the_worlds_while_it_serves(world, monkeypatch):
    """Libraries that trace by themselves join; the tracer is installed, and gone afterwards."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert entered(lambda spans: tracer() is spans)
    assert tracer() is None
    assert isinstance(world[0], TracerProvider)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "shop"),
        ({"OTEL_SERVICE_NAME": "till"}, "till"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=desk,a=b"}, "desk"),
    ],
)
def test_a_service_has_the_name_that_the_variables_say(world, monkeypatch, variables, name):
    """And ours where they say none."""
    for variable, value in {"OTEL_TRACES_EXPORTER": "none", **variables}.items():
        monkeypatch.setenv(variable, value)
    entered(lambda spans: None)
    assert world[0].resource.attributes["service.name"] == name


def test_a_provider_of_the_application_stays_its_own(world):
    """It is used, and not shut down by us."""
    own = world[0] = TracerProvider(shutdown_on_exit=False)
    ended = []
    own.shutdown = lambda: ended.append(1)
    assert entered(lambda spans: spans.tracer.start_span("x").get_span_context().is_valid)
    assert world == [own]
    assert not ended


def test_a_collector_that_is_away_delays_the_end_no_longer_than_is_said(world, monkeypatch, caplog):
    """What could not be exported in time is told, once."""
    go = threading.Event()
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    monkeypatch.setattr(TracerProvider, "shutdown", lambda self: go.wait(20))
    monkeypatch.setattr(module, "FLUSH", 0.01)
    try:
        entered(lambda spans: None)
    finally:
        go.set()
    assert [record.getMessage() for record in caplog.records] == [
        "not all traces were exported within 0.01 s"
    ]


def serving(**options):
    """A serving without interfaces, entered and left; the application that it serves."""

    async def run():
        made = Serving(Recorder(), [], ServeOptions(**options), listening=Listening())
        async with made:
            return tracer()

    return asyncio.run(run())


def test_a_process_traces_when_it_is_asked_to(world, monkeypatch):
    """With --trace, and not without."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert serving() is None
    assert serving(trace=True) is not None
    assert tracer() is None


def test_without_the_extra_it_is_told_how_to_get_it(monkeypatch):
    """A ConfigError, in one line."""
    real = builtins.__import__

    def without(name, *rest):
        if name == "interfaces.runner.traced":  # as interfaces.runner.traces imports it
            raise ImportError("No module named 'opentelemetry'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ConfigError, match=r"--trace needs OpenTelemetry \(No module.*asgi-interfaces\[otel\]"
    ):
        serving(trace=True)
