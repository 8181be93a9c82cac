"""deploy/ against the code: commands, ports, probes, names of keys."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis

from interfaces.layers.embedded import Embedded
from interfaces.layers.scripts import queue_keys
from interfaces.layers.settings import Settings
from interfaces.runner import ops
from interfaces.runner.options import ServeOptions
from interfaces.workers.transports.redis import OPENINGS
from tests.deploy.files import DEPLOY, compose, containers, manifests
from tests.process.server import Server, until

COMMANDS = {
    **{name: service["command"] for name, service in compose().items() if service.get("image") == "interfaces"
       and "command" in service},
    **{name: container["args"] for name, container in containers().items()},
}  # fmt: skip
PATTERN = re.compile(r"^CMD \[(.*)\]$", re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_our_command_line_takes_each_command(name: str, tmp_path: Path) -> None:
    """Every option exists and its value fits: the command gets as far as a layer that cannot be."""
    words = [sys.executable, "-m", "interfaces", *COMMANDS[name]]
    env = {**os.environ, "INTERFACES_LAYER": "nowhere:", "PYTHONPATH": f"{DEPLOY.parent}:{tmp_path}"}
    for package in ("chat", "proj"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "asgi.py").write_text("async def application(scope, receive, send): ...\n")
    done = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "layer 'nowhere:'" in done.stderr, done.stderr


def test_the_image_starts_as_compose_does() -> None:
    """The image's own command is that of the interface container, so that both are tried by the same tests."""
    (found,) = PATTERN.findall((DEPLOY / "Dockerfile").read_text())
    assert re.findall(r'"(.*?)"', found) == compose()["http_ws"]["command"]


def test_probes_ask_the_operations_port_of_the_command() -> None:
    """Each probe has a path that is answered, on the port that --ops-bind opens."""
    source = Path(ops.__file__).read_text()
    for name, container in containers().items():
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        probes = [container[key]["httpGet"] for key in container if key.endswith("Probe")]
        assert {probe["path"] for probe in probes} == {"/livez", "/readyz"}, name
        assert {probe["port"] for probe in probes} == {"ops"}
        assert all(f'"{probe["path"]}"' in source for probe in probes)
        assert f"--ops-bind=0.0.0.0:{ports['ops']}" in container["args"]


def test_the_service_leads_to_the_interface_container() -> None:
    """Its selector is the Deployment's labels, its port one that the command opens."""
    objects = {(found["kind"], found["metadata"]["name"]): found for found in manifests()}
    service = objects["Service", "interfaces-http-ws"]["spec"]
    template = objects["Deployment", "interfaces-http-ws"]["spec"]["template"]
    assert service["selector"].items() <= template["metadata"]["labels"].items()
    (port,) = [
        port
        for port in template["spec"]["containers"][0]["ports"]
        if port["name"] == service["ports"][0]["targetPort"]
    ]
    assert f"--http-bind=0.0.0.0:{port['containerPort']}" in template["spec"]["containers"][0]["args"]


def test_whatever_is_scaled_exists() -> None:
    """Autoscalers name Deployments that are there, each Deployment has one, and secrets have their keys."""
    objects = manifests()
    names = {found["metadata"]["name"] for found in objects if found["kind"] == "Deployment"}
    specs = [found.get("spec", {}) for found in objects]
    scaled = [spec["scaleTargetRef"]["name"] for spec in specs if "scaleTargetRef" in spec]
    assert sorted(scaled) == sorted(names)
    secrets = {
        found["metadata"]["name"]: found["stringData"] for found in objects if found["kind"] == "Secret"
    }
    for container in containers().values():
        for variable in container["env"]:
            ref = variable["valueFrom"]["secretKeyRef"]
            assert ref["key"] in secrets[ref["name"]]


def test_there_is_time_to_drain() -> None:
    """The supervisor's patience is longer than delay and drain together, in Kubernetes and in compose."""
    for found in manifests():
        if found["kind"] != "Deployment":
            continue
        spec = found["spec"]["template"]["spec"]
        words = dict(word[2:].split("=") for word in spec["containers"][0]["args"] if "=" in word)
        seconds = float(words.get("drain-delay", 0)) + float(words["drain"])
        assert spec["terminationGracePeriodSeconds"] > seconds
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
    prefix = Settings.of().prefix
    assert streams == {queue_keys(prefix, OPENINGS + kind).stream for kind in ("http", "websocket")}


def test_the_length_of_that_stream_is_what_waits(tmp_path: Path) -> None:
    """A request that no worker has taken is one entry, and not a pending one."""
    (keda,) = [found for found in manifests() if found["kind"] == "ScaledObject"]
    stream = keda["spec"]["triggers"][0]["metadata"]["stream"]
    words = [word.replace("0.0.0.0:8000", "127.0.0.1:0") for word in COMMANDS["http_ws"][:-2]]
    with Embedded() as server, redis.Redis.from_url(server.url) as broker:
        env = {"INTERFACES_LAYER": server.url, "INTERFACES_RELAY_WAIT": "1"}
        with Server(tmp_path, command=[sys.executable, "-m", "interfaces", *words], env=env) as container:
            asking = threading.Thread(target=container.get, args=("/",))
            container.wait_for("http ws on")
            asking.start()
            until(lambda: broker.xlen(stream) == 1)
            assert broker.xpending(stream, "g")["pending"] == 0
            asking.join()
