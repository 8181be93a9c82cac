"""deploy/ against the code, and its files against one another: probes, times to drain, names of keys and queues."""

import re

from interfaces.layers.scripts import queue_keys
from interfaces.layers.settings import Settings
from interfaces.runner.options import ServeOptions
from interfaces.workers.transports.redis import OPENINGS
from tests.deploy.files import DEPLOY, compose, containers, deployments, manifests

PATTERN = re.compile(r"^CMD \[(.*)\]$", re.MULTILINE)


def test_the_image_starts_as_compose_does() -> None:
    """The image's own command is that of the interface container, so that both are tried by the same tests."""
    (found,) = PATTERN.findall((DEPLOY / "Dockerfile").read_text())
    assert re.findall(r'"(.*?)"', found) == compose()["http_ws"]["command"]


def test_probes_ask_the_operations_port_of_the_command() -> None:
    """Liveness and readiness, at the port that --ops-bind opens; test_processes.py asks them both."""
    for name, container in containers().items():
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        paths = {key: container[key]["httpGet"]["path"] for key in container if key.endswith("Probe")}
        assert (paths.pop("livenessProbe"), {*paths.values()}) == ("/livez", {"/readyz"}), name
        assert {container[key]["httpGet"]["port"] for key in container if key.endswith("Probe")} == {"ops"}
        assert f"--ops-bind=0.0.0.0:{ports['ops']}" in container["args"]


def test_whatever_is_scaled_exists() -> None:
    """A Deployment says how many it is, or an autoscaler that names it does; secrets have their keys."""
    objects = manifests()
    specs = [found.get("spec", {}) for found in objects]
    scaled = [spec["scaleTargetRef"]["name"] for spec in specs if "scaleTargetRef" in spec]
    assert sorted(scaled) == sorted(name for name, spec in deployments().items() if "replicas" not in spec)
    secrets = {
        found["metadata"]["name"]: found["stringData"] for found in objects if found["kind"] == "Secret"
    }
    for container in containers().values():
        for variable in container["env"]:
            ref = variable["valueFrom"]["secretKeyRef"]
            assert ref["key"] in secrets[ref["name"]]


def test_there_is_time_to_drain() -> None:
    """The supervisor's patience is longer than a preStop, delay and drain together, in Kubernetes and in compose."""
    for name, spec in deployments().items():
        container = containers()[name]
        words = dict(word[2:].split("=") for word in container["args"] if "=" in word)
        seconds = float(words.get("drain-delay", 0)) + float(words["drain"])
        assert "lifecycle" not in container, "a preStop would be waited for before --drain-delay"
        assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > seconds
        assert ("drain-delay" in words) == (words.get("app") is None), "who has no listener has none to delay"
    for name, service in compose().items():
        if service.get("image") == "interfaces":
            assert float(service["stop_grace_period"].rstrip("s")) > ServeOptions().drain, name


def test_keda_looks_where_openings_wait() -> None:
    """The stream of each trigger is the queue of a scope type, under the prefix that layers have."""
    (keda,) = [found for found in manifests() if found["kind"] == "ScaledObject"]
    streams = {
        trigger["metadata"]["stream"]
        for trigger in keda["spec"]["triggers"]
        if trigger["type"] == "redis-streams"
    }
    kinds = ("http", "websocket", "email", "slack", "sms", "irc")
    assert streams == {queue_keys(Settings.of().prefix, OPENINGS + kind).stream for kind in kinds}
