"""The table of tests of all providers: a module each, NAME_cases.py, whose SUITES run through test_providers.py."""

from importlib import import_module

from tests.sms.providers.runner import Suite

__all__ = ["PROVIDERS", "SUITES"]

PROVIDERS = ("plivo", "telnyx", "twilio", "vonage")
SUITES: list[Suite] = [
    suite for name in PROVIDERS for suite in import_module(f"tests.sms.providers.{name}_cases").SUITES
]
"""One a provider, or more where it has ways that have nothing in common."""
