"""The conversations of RFC 7541, appendix C: blocks, the fields in each, and the table's size behind it."""

from dataclasses import dataclass

Pairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Example:
    """Some blocks of one connection; ``update`` goes before them where the table is not as large as usual."""

    blocks: str  # in hexadecimal, one after the other, an empty line between them
    said: list[Pairs]
    sizes: list[int]
    table: Pairs  # behind the last block, the newest entry first
    update: str = ""


GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"www.example.com")]
SECURE = [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/index.html"), GET[3]]
REQUESTS = [GET, [*GET, (b"cache-control", b"no-cache")], [*SECURE, (b"custom-key", b"custom-value")]]
REQUESTED = [(b"custom-key", b"custom-value"), (b"cache-control", b"no-cache"), GET[3]]

AT_21 = (b"date", b"Mon, 21 Oct 2013 20:13:21 GMT")
AT_22 = (b"date", b"Mon, 21 Oct 2013 20:13:22 GMT")
PRIVATE = (b"cache-control", b"private")
PLACE = (b"location", b"https://www.example.com")
COOKIE = (b"set-cookie", b"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")
GZIP = (b"content-encoding", b"gzip")
RESPONSES = [
    [(b":status", b"302"), PRIVATE, AT_21, PLACE],
    [(b":status", b"307"), PRIVATE, AT_21, PLACE],
    [(b":status", b"200"), PRIVATE, AT_22, PLACE, GZIP, COOKIE],
]
SIZE_256 = "3fe101"

C3 = """
8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d

8286 84be 5808 6e6f 2d63 6163 6865

8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65
"""
C4 = """
8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff

8286 84be 5886 a8eb 1064 9cbf

8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf
"""
C5 = """
4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d

4803 3330 37c1 c0bf

88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f
6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b
2076 6572 7369 6f6e 3d31
"""
C6 = """
4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
8f0b 97c8 e9ae 82ae 43d3

4883 640e ffc1 c0bf

88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
"""

EXAMPLES = {
    "C.3": Example(C3, REQUESTS, [57, 110, 164], REQUESTED),
    "C.4": Example(C4, REQUESTS, [57, 110, 164], REQUESTED),
    "C.5": Example(C5, RESPONSES, [222, 222, 215], [COOKIE, GZIP, AT_22], SIZE_256),
    "C.6": Example(C6, RESPONSES, [222, 222, 215], [COOKIE, GZIP, AT_22], SIZE_256),
}
