"""The Huffman code of HPACK: the examples, what is refused, and an oracle."""

import sys

import pytest
from hpack.exceptions import HPACKDecodingError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws import huffman
from interfaces.http_ws.huffman import bits, decode, encode
from tests.http_ws.sections import proves

ORACLE = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
EXAMPLES = [
    ("f1e3c2e5f23a6ba0ab90f4ff", b"www.example.com"),
    ("a8eb10649cbf", b"no-cache"),
    ("25a849e95ba97d7f", b"custom-key"),
    ("25a849e95bb8e8b4bf", b"custom-value"),
    ("6402", b"302"),
    ("640eff", b"307"),
    ("aec3771a4b", b"private"),
    ("d07abe941054d444a8200595040b8166e082a62d1bff", b"Mon, 21 Oct 2013 20:13:21 GMT"),
    ("9d29ad171863c78f0b97c8e9ae82ae43d3", b"https://www.example.com"),
    ("9bd9ab", b"gzip"),
    (
        "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        b"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ),
]


@proves("RFC7541 5.2", "RFC7541 C.4", "RFC7541 C.6")
@pytest.mark.parametrize(("code", "text"), EXAMPLES)
def test_the_strings_of_the_examples(code: str, text: bytes) -> None:
    """Each string that appendix C has in Huffman code is read, and written, as it stands there."""
    assert decode(bytes.fromhex(code)) == text
    assert encode(text).hex() == code
    assert (bits(text) + 7) // 8 == len(bytes.fromhex(code))


@proves("RFC7541 5.2", "RFC7541 B")
@pytest.mark.parametrize("byte", range(256))
def test_each_symbol(byte: int) -> None:
    """Each byte has the code of appendix B, alone and between others."""
    for text in (bytes((byte,)), b"a%b\0%b~" % (bytes((byte,)), bytes((byte,)))):
        assert encode(text) == ORACLE.encode(text)
        assert decode(encode(text)) == text


@proves("RFC7541 5.2")
def test_nothing_is_no_bits() -> None:
    """The empty string is empty."""
    assert encode(b"") == decode(b"") == b""
    assert bits(b"") == 0


@proves("RFC7541 5.2")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ff", "padded"),  # eight bits of padding, and nothing else
        ("3fff", "padded"),  # "o", three bits of padding, and a byte of it
        ("00", "padded"),  # "0", padded with zeros
        ("1e", "padded"),  # "c", the last bit is not one
        ("25a849e95ba97d7fff", "padded"),
        ("ffffff", "padded"),  # a beginning of EOS
        ("ffffffff", "EOS"),
        ("fffffffc", "EOS"),
        ("1fffffffff", "EOS"),
        ("ffffffff" * 100, "EOS"),
    ],
)
def test_what_is_refused(code: str, words: str) -> None:
    """EOS in a string, padding of more than seven bits, and padding of other bits than those of EOS."""
    with pytest.raises(ValueError, match=words):
        decode(bytes.fromhex(code))


@proves("RFC7541 5.2")
@pytest.mark.parametrize("text", [b"", b"~", b"0", b"\0", b"a:", b"abc", b"go", b"Z|"])
@pytest.mark.parametrize("more", [0, 8, 16])
def test_padding_is_up_to_seven_ones(text: bytes, more: int) -> None:
    """As many as the last byte needs, all of them ones: anything else is refused."""
    digits = "".join(f"{REQUEST_CODES[byte]:0{REQUEST_CODES_LENGTH[byte]}b}" for byte in text)
    size = -len(digits) % 8 + more
    for zero in range(size + 1):
        padding = ("1" * zero + "0" + "1" * size)[:size]  # all ones at last
        data = int("0" + digits + padding, 2).to_bytes((len(digits) + size) // 8, "big")
        read = _by(decode, data, ValueError)
        assert read == _by(decode_huffman, data, HPACKDecodingError)
        assert (read == text) == (not more and "0" not in padding)


def _by(read, data: bytes, error: type[Exception]) -> bytes | None:
    try:
        return read(data)
    except error:
        return None


@proves("RFC7541 5.2")
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_what_is_written_is_read(text: bytes) -> None:
    """Any bytes are written as the oracle writes them, and read back by both."""
    assert encode(text) == ORACLE.encode(text)
    assert decode(encode(text)) == decode_huffman(encode(text)) == text


@proves("RFC7541 5.2")
@given(st.binary(max_size=60))
def test_noise_is_read_as_the_oracle_does(data: bytes) -> None:
    """Random bits are refused by both, or say the same."""
    assert _by(decode, data, ValueError) == _by(decode_huffman, data, HPACKDecodingError)


@proves("RFC7541 7.3")
def test_all_rows_are_bounded() -> None:
    """When each place of the tree has had its row made, they are 2 MiB at most."""
    for place in range(len(huffman._pieces)):
        huffman._row(place)
    held = [*huffman._pieces, *huffman._places, *huffman._known]
    assert sum(map(sys.getsizeof, held)) + sys.getsizeof(huffman._known) < 2 << 20
