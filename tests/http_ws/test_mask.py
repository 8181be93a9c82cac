"""Masking, in C and in Python."""

import runpy
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws import mask
from interfaces.http_ws.mask import SHORT, apply_mask, mask_in_python
from tests.http_ws.sections import proves
from tests.http_ws.ws_frames import xor

KEYS = st.binary(min_size=4, max_size=4)


@proves("RFC6455 5.3")
@given(st.binary(max_size=200), KEYS)
def test_masks_as_the_rfc_writes_it(data: bytes, key: bytes) -> None:
    """Both ways of masking do what the text of §5.3 says, byte by byte."""
    assert mask_in_python(data, key) == apply_mask(data, key) == xor(data, key)


@proves("RFC6455 5.3")
@given(st.integers(SHORT - 5, SHORT + 5), KEYS)
def test_long_payloads_are_masked_alike(size: int, key: bytes) -> None:
    """The two ways in Python agree where one takes over from the other."""
    data = bytes(i & 255 for i in range(size))
    assert mask_in_python(data, key) == apply_mask(data, key) == xor(data, key)


@given(st.binary(max_size=2000), KEYS)
def test_masking_twice_gives_the_data_back(data: bytes, key: bytes) -> None:
    """Unmasking is masking, at any size."""
    assert mask_in_python(mask_in_python(data, key), key) == data


def test_nothing_needs_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the C helper, masking is done in Python."""
    monkeypatch.setitem(sys.modules, "websockets.speedups", None)
    alone = runpy.run_path(str(mask.__file__))
    assert alone["apply_mask"] is alone["mask_in_python"]
