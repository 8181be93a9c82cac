"""What deploy/ says, as data: services of compose.yaml, objects of the manifests, units, and their commands."""

import functools
import shlex
from pathlib import Path
from typing import Any

import yaml

__all__ = [
    "DEPLOY",
    "commands",
    "compose",
    "containers",
    "deployments",
    "manifests",
    "section",
    "units",
    "words",
]

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@functools.cache
def compose() -> dict[str, Any]:
    """The services by name."""
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    return services


@functools.cache
def manifests() -> list[dict[str, Any]]:
    """Every object of deploy/k8s."""
    paths = sorted((DEPLOY / "k8s").glob("*.yaml"))
    return [found for path in paths for found in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def deployments() -> dict[str, dict[str, Any]]:
    """The specification of each Deployment, by its name."""
    return {
        found["metadata"]["name"]: found["spec"] for found in manifests() if found["kind"] == "Deployment"
    }


def containers() -> dict[str, dict[str, Any]]:
    """The container of each Deployment, by the Deployment's name."""
    return {name: spec["template"]["spec"]["containers"][0] for name, spec in deployments().items()}


def units(kind: str) -> dict[str, Path]:
    """The files of deploy/systemd of a kind, such as "service", by what stands behind "interfaces-"."""
    return {
        path.stem.removeprefix("interfaces-"): path for path in sorted((DEPLOY / "systemd").glob(f"*.{kind}"))
    }


def section(path: Path, name: str) -> dict[str, list[str]]:
    """A section of a unit: what each key says, in order."""
    found: dict[str, list[str]] = {}
    here = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line == f"[{name}]"
        elif here and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def words(path: Path) -> list[str]:
    """The words behind the program in a service's ExecStart."""
    (line,) = section(path, "Service")["ExecStart"]
    program, *rest = shlex.split(line)
    assert program == "/opt/interfaces/bin/interfaces"
    return rest


def commands() -> dict[str, list[str]]:
    """The words behind ``interfaces`` of every part, by where they stand, such as "compose/email"."""
    ours = {
        name: one for name, one in compose().items() if one.get("image") == "interfaces" and "command" in one
    }
    return {
        **{f"compose/{name}": service["command"] for name, service in ours.items()},
        **{f"k8s/{name.removeprefix('interfaces-')}": one["args"] for name, one in containers().items()},
        **{f"systemd/{name}": words(path) for name, path in units("service").items()},
    }
