"""setuptools' build backend, plus mypy as a build requirement when INTERFACES_COMPILE=1 asks for mypyc.

In ``build-system.requires`` mypy would be downloaded for every plain install; here only who asks pays.
"""

import os

from setuptools.build_meta import *  # noqa: F403 - a backend is its module's functions
from setuptools.build_meta import get_requires_for_build_editable as _for_editable
from setuptools.build_meta import get_requires_for_build_wheel as _for_wheel

_Settings = dict[str, str | list[str] | None] | None


def _compiler() -> list[str]:
    return ["mypy[mypyc]==2.4.1"] if os.environ.get("INTERFACES_COMPILE") == "1" else []


def get_requires_for_build_wheel(config_settings: _Settings = None) -> list[str]:
    """What setuptools needs, and the compiler when it is asked for."""
    return [*_for_wheel(config_settings), *_compiler()]


def get_requires_for_build_editable(config_settings: _Settings = None) -> list[str]:
    """As for a wheel."""
    return [*_for_editable(config_settings), *_compiler()]
