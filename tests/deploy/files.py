"""What deploy/ says, as data: the services of compose.yaml, the objects of the manifests, and their commands."""

from pathlib import Path
from typing import Any

import yaml

__all__ = ["DEPLOY", "compose", "containers", "manifests"]

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def compose() -> dict[str, Any]:
    """The services by name."""
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    return services


def manifests() -> list[dict[str, Any]]:
    """Every object of deploy/k8s."""
    paths = sorted((DEPLOY / "k8s").glob("*.yaml"))
    return [found for path in paths for found in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def containers() -> dict[str, dict[str, Any]]:
    """The container of each Deployment, by the Deployment's name."""
    return {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]["containers"][0]
        for found in manifests()
        if found["kind"] == "Deployment"
    }
