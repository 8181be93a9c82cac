"""What guides tell people to look at is told by /metrics, under that name."""

import re

import pytest

from tests.docs.test_pages import PAGES

NAME = re.compile(r"`?\b((?:interfaces|process)_[a-z_0-9]+)\b(?=[`{ ])")
KNOWN = {*re.findall(r"`((?:interfaces|process)_\w+)`", PAGES["docs/reference/metrics.md"])}
GUIDES = ["docs/howto/tuning.md", "docs/explanation/capacity.md"]


@pytest.mark.parametrize("name", GUIDES)
def test_a_metric_that_a_guide_names_exists(name: str) -> None:
    """A renamed one would leave somebody with an empty graph."""
    named = {*NAME.findall(PAGES[name])}
    assert named
    assert named - KNOWN == set()


def test_the_guide_to_tuning_goes_by_figures() -> None:
    """It names a dozen of them."""
    assert len({*NAME.findall(PAGES["docs/howto/tuning.md"])}) > 12
