"""The package itself: its names, and that importing it is cheap."""

import json
import subprocess
import sys

import pytest

import interfaces


@pytest.mark.parametrize("name", interfaces.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each name of __all__ is found where the table says, and dir() lists it."""
    assert getattr(interfaces, name) is not None
    assert name in dir(interfaces)


def test_another_name_is_an_attribute_error() -> None:
    """What is not there is missed as in any module."""
    with pytest.raises(AttributeError, match="module 'interfaces' has no attribute 'nonesuch'"):
        _ = interfaces.nonesuch


def test_importing_the_package_imports_nothing_else() -> None:
    """``import interfaces`` costs no other module of ours, and no asyncio."""
    code = "import json, sys, interfaces; print(json.dumps([m for m in sys.modules if m.startswith(('interfaces', 'asyncio'))]))"  # noqa: E501
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == ["interfaces"]
