"""The Huffman code of HPACK: RFC 7541 §5.2 and appendix B. Pure.

A string is read byte by byte: a row for each place in the tree of codes tells for each byte where it leads and
what it completes. Rows are made when they are first needed; normal text comes to a third of them, and all of them
are less than 2 MiB.

Refused, as the RFC says: EOS in a string, padding of more than seven bits, padding that is not all ones.
"""

from typing import Final

from interfaces.http_ws.hpack_tables import EOS, LENGTHS

__all__ = ["bits", "decode", "encode"]

ROOT: Final = 0
NOWHERE: Final = -EOS - 1  # where EOS leads, and what comes after it

Step = tuple[int, bytes]


def _codes() -> list[str]:
    """Each symbol's code, as binary digits."""
    codes = [""] * len(LENGTHS)
    code = length = 0
    for longer, symbol in sorted(zip(LENGTHS, range(len(LENGTHS)), strict=True)):
        code <<= longer - length
        length = longer
        codes[symbol] = f"{code:0{length}b}"
        code += 1
    return codes


def _tree(codes: list[str]) -> list[list[int]]:
    """Where 0 and 1 lead from each place; below zero is a symbol, ``-symbol - 1``, complete."""
    tree = [[0, 0]]
    for symbol, code in enumerate(codes):
        place = ROOT
        for digit in code[:-1]:
            bit = int(digit)
            if not tree[place][bit]:
                tree[place][bit] = len(tree)
                tree.append([0, 0])
            place = tree[place][bit]
        tree[place][int(code[-1])] = -symbol - 1
    return tree


def _ends(tree: list[list[int]]) -> frozenset[int]:
    """The places where a string may end: on the way to EOS, seven bits at most."""
    ends = [ROOT]
    for _ in range(7):
        ends.append(tree[ends[-1]][1])
    return frozenset(ends)


_CODES: Final = _codes()
_TREE: Final = _tree(_CODES)
_ENDS: Final = _ends(_TREE)
_LENGTHS: Final = bytes(LENGTHS[:EOS])
_PADDING: Final = "1111111"
_BYTES: Final = [bytes((byte,)) for byte in range(256)]
_places: Final[list[bytes]] = [b""] * len(_TREE)
_pieces: Final[list[list[bytes | None]]] = [[] for _ in _TREE]
_half_rows: Final[dict[int, list[Step]]] = {}
_known: Final[dict[bytes, bytes]] = {}  # rows have their pieces in common


def _step(place: int, out: bytes, bit: int) -> Step:
    """Where a bit leads from there, and what is complete then."""
    if place == NOWHERE:
        return place, out
    place = _TREE[place][bit]
    if place >= 0 or place == NOWHERE:
        return place, out
    return ROOT, out + _BYTES[-place - 1]


def _half_row(place: int) -> list[Step]:
    """Where each four bits lead from a place."""
    reached = _half_rows.get(place)
    if reached is None:
        reached = [(place, b"")]
        for _ in range(4):
            reached = [_step(at, out, bit) for at, out in reached for bit in (0, 1)]
        _half_rows[place] = reached
    return reached


def _row(place: int) -> list[bytes | None]:
    """Make the row of a place: where each byte leads, and the pieces, None where there is EOS among the bits."""
    steps = [(end, out + more) for at, out in _half_row(place) for end, more in _half_row(at)]
    _places[place] = bytes([max(end, 0) for end, _ in steps])
    _pieces[place] = row = [_known.setdefault(out, out) if end >= 0 else None for end, out in steps]
    return row


def decode(data: bytes) -> bytes:
    """What ``data`` stands for. Raises ValueError where it is not well formed."""
    place = ROOT
    out: list[bytes] = []
    for byte in data:
        piece = (_pieces[place] or _row(place))[byte]
        if piece is None:
            raise ValueError("EOS in a string")
        out.append(piece)
        place = _places[place][byte]
    if place not in _ENDS:
        raise ValueError("a string is not padded with at most seven ones")
    return b"".join(out)


def bits(data: bytes) -> int:
    """How many bits ``data`` takes, without padding."""
    return sum(data.translate(_LENGTHS))


def encode(data: bytes) -> bytes:
    """``data`` in the code, padded to whole bytes."""
    digits = "".join([_CODES[byte] for byte in data])
    if not digits:
        return b""
    digits += _PADDING[: -len(digits) % 8]
    return int(digits, 2).to_bytes(len(digits) // 8, "big")
