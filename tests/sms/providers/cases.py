"""The table of tests of all providers: a module each, NAME_cases.py, whose SUITES run through test_providers.py."""

from importlib import import_module
from pathlib import Path

from tests.sms.providers.runner import Suite

__all__ = ["PROVIDERS", "SUITES"]

PROVIDERS = tuple(
    sorted(one.name.removesuffix("_cases.py") for one in Path(__file__).parent.glob("*_cases.py"))
)
SUITES: list[Suite] = [
    suite for name in PROVIDERS for suite in import_module(f"tests.sms.providers.{name}_cases").SUITES
]
"""One a provider, or more where it has ways that have nothing in common."""
