"""Programs of the repository that are no modules of a package."""

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

__all__ = ["ROOT", "load"]

ROOT = Path(__file__).resolve().parents[2]


def load(path: str) -> Any:
    """The program at ``path`` as a module; it finds its siblings, as when it is run."""
    name = f"tool_{Path(path).stem}"
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, str(ROOT / path)))
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str((ROOT / path).parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module
