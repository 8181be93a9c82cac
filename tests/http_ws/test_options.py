"""The options of HTTP and WebSockets."""

import math

import pytest

from interfaces.http_ws.options import HttpWsOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import flags


@pytest.mark.parametrize("path", ["chat", "/chat/", "/", "/a\nb", "/\udcff"])
def test_a_root_path_is_a_path_that_others_can_be_appended_to(path: str) -> None:
    """It begins with a slash, does not end with one, and can be printed; anything else is one line."""
    with pytest.raises(ConfigError) as caught:
        HttpWsOptions(root_path=path)
    assert "--http-root-path" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["", "/chat", "/chat/é", "/a/b"])
def test_other_root_paths_are_taken(path: str) -> None:
    """None is one too."""
    assert HttpWsOptions(root_path=path).root_path == path


def test_every_limit_has_a_finite_default_and_says_what_it_is_for() -> None:
    """Nothing a client can make grow is unbounded unless somebody asked for that."""
    for flag in flags(("http", "ws"), HttpWsOptions):
        default = getattr(HttpWsOptions(), flag.attribute)
        assert flag.help, flag.name
        if isinstance(default, (int, float)):
            assert math.isfinite(default), flag.name
