"""What a Django project says in CHANNEL_LAYERS."""

import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.workers.settings import imported

PROGRAM = Path(__file__).with_name("settings_django.py")


def test_a_dotted_path_is_imported() -> None:
    """A mistake in it is the operator's; one in the module that it names is shown as what it is."""
    assert imported("pathlib.Path", "thing") is Path
    for path in ("pathlib.Nothing", "no_such_module.thing", "pathlib.no.thing", "plain", ""):
        with pytest.raises(ConfigError, match="thing"):
            imported(path, "thing")


def test_what_a_module_lacks_is_not_hidden(tmp_path, monkeypatch) -> None:
    """The traceback says which import failed."""
    (tmp_path / "interfaces_test_needy.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        imported("interfaces_test_needy.thing", "thing")


@pytest.mark.parametrize("part", ["unset", "old", "new", "none", "broken"])
def test_with_django(part) -> None:
    """The layer of 2016's setting and of today's, one in a process, shared with Channels' own consumers."""
    words = [sys.executable, "-W", "error", str(PROGRAM), part]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "proven", done.stdout + done.stderr
