"""The manifests of deploy/k8s: against Kubernetes' own schemas, and against each other."""

from typing import Any

import kubernetes_validate
import pytest

from tests.deploy.files import containers, deployments, manifests

VERSIONS = ("1.30", "1.37")
"""The oldest that knows all we use, and the newest whose schemas the package has."""
KNOWN = [found for found in manifests() if found["apiVersion"] != "keda.sh/v1alpha1"]
OBJECTS = {(found["kind"], found["metadata"]["name"]): found for found in manifests()}
PODS = {
    **{name: spec["template"] for name, spec in deployments().items()},
    "interfaces-layer": OBJECTS["StatefulSet", "interfaces-layer"]["spec"]["template"],
}


def fits(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector selects what has these labels."""
    asked = selector.get("matchExpressions", [])
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"] for one in asked
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("found", KNOWN, ids=lambda found: f"{found['kind']}/{found['metadata']['name']}")
def test_kubernetes_takes_every_object(found: dict[str, Any], version: str) -> None:
    """Strictly: no key that the schema does not have, no value of another type."""
    kubernetes_validate.validate(found, version, strict=True)


def test_a_wrong_key_would_be_refused() -> None:
    """The schemas are there, and strict."""
    found = OBJECTS["Deployment", "interfaces-email"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            {**found, "spec": {**found["spec"], "replica": 2}}, VERSIONS[-1], strict=True
        )


def test_there_is_a_deployment_for_each_protocol_and_for_workers() -> None:
    """And each says whether it relays, or has the application."""
    parts = {name.removeprefix("interfaces-"): one["args"][0] for name, one in containers().items()}
    assert parts == {
        **dict.fromkeys(("http-ws", "email", "slack", "sms", "irc"), "serve"),
        "worker": "worker",
    }


@pytest.mark.parametrize("name", PODS)
def test_a_pod_may_little(name: str) -> None:
    """The "restricted" standard of Kubernetes, and a root file system that is read; /tmp and data are volumes."""
    spec = PODS[name]["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert spec["automountServiceAccountToken"] is spec["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & {*spec}
    assert "memory" in container["resources"]["limits"]
    assert {volume["mountPath"] for volume in container["volumeMounts"]} <= {"/tmp", "/data"}


def test_files_that_are_too_large_for_memory_have_room() -> None:
    """What email.max_spool allows fits into the /tmp of its pod."""
    args = containers()["interfaces-email"]["args"]
    (told,) = [int(word.partition("=")[2]) for word in args if word.startswith("--email-max-spool=")]
    (volume,) = PODS["interfaces-email"]["spec"]["volumes"]
    assert volume["emptyDir"]["sizeLimit"].endswith("Mi")
    assert told < int(volume["emptyDir"]["sizeLimit"][:-2]) << 20


def test_nodes_are_emptied_one_pod_at_a_time() -> None:
    """Each Deployment has a PodDisruptionBudget that selects its pods, and no other's."""
    for name in deployments():
        (budget,) = [
            found for (kind, _), found in OBJECTS.items()
            if kind == "PodDisruptionBudget"
            and fits(found["spec"]["selector"], PODS[name]["metadata"]["labels"])
        ]  # fmt: skip
        assert (budget["metadata"]["name"], budget["spec"]["maxUnavailable"]) == (name, 1)


def test_services_lead_to_ports_that_commands_open() -> None:
    """A selector is the labels of one Deployment, a port one that its command listens at."""
    for (kind, name), found in OBJECTS.items():
        if kind != "Service" or name == "redis":
            continue
        pod = PODS[name]
        assert fits({"matchLabels": found["spec"]["selector"]}, pod["metadata"]["labels"])
        (container,) = pod["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        (told,) = found["spec"]["ports"]
        bind = [
            word for word in container["args"] if word.endswith(f"-bind=0.0.0.0:{ports[told['targetPort']]}")
        ]
        assert len(bind) == 1 and "ops" not in bind[0]


def policies(kind: str, name: str) -> list[dict[str, Any]]:
    """The rules, "ingress" or "egress", that hold for the pods of ``name``."""
    return [
        rule
        for (what, _), found in OBJECTS.items()
        if what == "NetworkPolicy" and fits(found["spec"]["podSelector"], PODS[name]["metadata"]["labels"])
        for rule in found["spec"].get(kind, [])
    ]


def open_to_all(name: str) -> set[int]:
    """The ports of a pod that anybody reaches."""
    return {
        port["port"] for rule in policies("ingress", name) if "from" not in rule for port in rule["ports"]
    }


def test_the_world_reaches_listeners_only() -> None:
    """Each container's own port is open to all; that of operations, workers and the broker are not."""
    for name, container in containers().items():
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        operations = ports.pop("ops")
        assert {*ports.values()} <= open_to_all(name)
        assert operations not in open_to_all(name)
    assert open_to_all("interfaces-worker") == open_to_all("interfaces-layer") == set()


def test_everybody_reaches_the_broker_and_nobody_else_does() -> None:
    """Who writes to the broker commands the workers: only pods that are labelled ours come to it."""
    (rule,) = [rule for rule in policies("ingress", "interfaces-layer") if rule["ports"][0]["port"] == 6379]
    (source,) = rule["from"]
    for name in deployments():
        assert fits(source["podSelector"], PODS[name]["metadata"]["labels"])
        out = [port["port"] for rule in policies("egress", name) for port in rule["ports"]]
        assert {53, 6379} <= {*out}


def test_the_broker_keeps_what_was_answered() -> None:
    """As durable queues ask for it: written before it is answered, and never thrown away."""
    (container,) = PODS["interfaces-layer"]["spec"]["containers"]
    told = " ".join(container["args"])
    assert "--appendonly yes --appendfsync always --maxmemory-policy noeviction" in told
    (service,) = [found for (kind, name), found in OBJECTS.items() if (kind, name) == ("Service", "redis")]
    assert fits({"matchLabels": service["spec"]["selector"]}, PODS["interfaces-layer"]["metadata"]["labels"])


def test_what_limits_let_be_held_fits_into_memory() -> None:
    """Unfinished messages, bodies that wait on every connection, mail in flight; and there is room for the process."""
    from interfaces import registry

    itself = 100 << 20
    for name, kinds in {"interfaces-http-ws": ("http",), "interfaces-email": ("email",)}.items():
        (container,) = PODS[name]["spec"]["containers"]
        memory = container["resources"]["limits"]["memory"]
        assert memory.endswith("Mi")
        given = dict(word[2:].split("=") for word in container["args"] if "=" in word)
        options = registry.load(kinds[0]).options_class()
        if kinds == ("http",):
            connections = int(given["http-max-connections"])
            waits = options.max_buffered_body + options.max_header_size
            held = int(given["ws-max-unfinished"]) + connections * waits
        else:
            held = options.max_in_flight
        assert itself + held < int(memory[:-2]) << 20, name
