"""The data of HPACK, beside those of the library hpack."""

from hpack.huffman_constants import REQUEST_CODES_LENGTH
from hpack.table import HeaderTable

from interfaces.http_ws.hpack_tables import EOS, LAST, LENGTHS, STATIC, STATIC_FIELDS, STATIC_NAMES
from tests.http_ws.sections import proves


@proves("RFC7541 2.3.1", "RFC7541 A")
def test_the_static_table() -> None:
    """61 entries, in the order of appendix A, behind an index that is none."""
    assert tuple(STATIC[1:]) == HeaderTable.STATIC_TABLE
    assert len(STATIC) == LAST + 1 == 62


@proves("RFC7541 A")
def test_names_and_fields_are_found_in_the_static_table() -> None:
    """A name has its lowest index; a field has one where it has a value."""
    assert all(STATIC[index][0] == name for name, index in STATIC_NAMES.items())
    assert {name for name, _ in STATIC[1:]} == {*STATIC_NAMES}
    assert (STATIC_NAMES[b":path"], STATIC_NAMES[b":status"], STATIC_NAMES[b"www-authenticate"]) == (4, 8, 61)
    assert [*STATIC_FIELDS.values()] == [*range(2, 15), 16]
    assert STATIC_FIELDS[b"accept-encoding", b"gzip, deflate"] == 16


@proves("RFC7541 B")
def test_the_lengths_of_codes() -> None:
    """Those of appendix B, for each byte and for EOS; together they fill the tree."""
    assert list(REQUEST_CODES_LENGTH) == LENGTHS
    assert len(LENGTHS) == EOS + 1
    assert sum(1 << 30 - length for length in LENGTHS) == 1 << 30
