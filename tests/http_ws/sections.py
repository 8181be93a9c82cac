"""Which test proves which section of RFC 6455 and RFC 7692: the table, and the mark that fills it.

What is not in the table asks nothing of a wire and a server's handshake: introductions and terminology, the
client's part (4.1), schemes (3), what the transport does (7.1.1, 7.2: tested with the server), authentication
and confidentiality (10.5, 10.6: the application's and TLS's), registrations (11, RFC 7692 9).
"""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])

SECTIONS = {
    "RFC6455 4.2.1": "reading the client's opening handshake",
    "RFC6455 4.2.2": "sending the server's opening handshake",
    "RFC6455 4.3": "the grammar of the handshake's headers",
    "RFC6455 4.4": "supporting multiple versions",
    "RFC6455 5.1": "clients mask, servers do not",
    "RFC6455 5.2": "base framing: bits, opcodes, lengths",
    "RFC6455 5.3": "masking",
    "RFC6455 5.4": "fragmentation",
    "RFC6455 5.5": "control frames",
    "RFC6455 5.5.1": "close",
    "RFC6455 5.5.2": "ping",
    "RFC6455 5.5.3": "pong",
    "RFC6455 5.6": "data frames",
    "RFC6455 5.7": "examples",
    "RFC6455 5.8": "extensibility: what was not agreed to is refused",
    "RFC6455 6.1": "sending data",
    "RFC6455 6.2": "receiving data",
    "RFC6455 7.1.2": "starting the closing handshake",
    "RFC6455 7.1.3": "the closing handshake is started",
    "RFC6455 7.1.4": "the connection is closed",
    "RFC6455 7.1.5": "the close code",
    "RFC6455 7.1.6": "the close reason",
    "RFC6455 7.1.7": "failing the connection",
    "RFC6455 7.3": "normal closure",
    "RFC6455 7.4": "status codes",
    "RFC6455 7.4.1": "defined status codes",
    "RFC6455 7.4.2": "reserved ranges",
    "RFC6455 8.1": "errors in UTF-8",
    "RFC6455 9.1": "negotiating extensions",
    "RFC6455 9.2": "known extensions",
    "RFC6455 10.1": "clients that are no browsers send no Origin",
    "RFC6455 10.2": "Origin",
    "RFC6455 10.3": "masking keys cannot be foretold",
    "RFC6455 10.4": "limits",
    "RFC6455 10.7": "invalid data",
    "RFC6455 11.3.1": "Sec-WebSocket-Key",
    "RFC6455 11.3.2": "Sec-WebSocket-Extensions",
    "RFC6455 11.3.3": "Sec-WebSocket-Accept",
    "RFC6455 11.3.4": "Sec-WebSocket-Protocol",
    "RFC6455 11.3.5": "Sec-WebSocket-Version",
    "RFC7692 4": "RSV1 belongs to the extension that was agreed to",
    "RFC7692 5": "negotiation",
    "RFC7692 5.1": "the flow of negotiation",
    "RFC7692 5.2": "several offers",
    "RFC7692 6": "framing: RSV1 on the first frame only",
    "RFC7692 6.1": "compressing",
    "RFC7692 6.2": "inflating",
    "RFC7692 7": "permessage-deflate",
    "RFC7692 7.1": "parameters: what is unknown, repeated or malformed declines",
    "RFC7692 7.1.1.1": "server_no_context_takeover",
    "RFC7692 7.1.1.2": "client_no_context_takeover",
    "RFC7692 7.1.2.1": "server_max_window_bits",
    "RFC7692 7.1.2.2": "client_max_window_bits",
    "RFC7692 7.1.3": "examples of offers",
    "RFC7692 7.2.1": "the compressed message",
    "RFC7692 7.2.2": "the inflated message",
    "RFC7692 7.2.3.1": "example: one block",
    "RFC7692 7.2.3.2": "example: a window that is shared",
    "RFC7692 7.2.3.3": "example: a stored block",
    "RFC7692 7.2.3.4": "example: a block with BFINAL",
    "RFC7692 7.2.3.5": "example: two blocks",
    "RFC7692 7.2.3.6": "an empty last fragment",
    "RFC7692 7.3": "implementation notes: a window that zlib cannot make",
    "RFC7692 8": "security: bounds while inflating",
}


def proves(*sections: str) -> Callable[[Test], Test]:
    """Marks a test with the sections it proves, as "RFC6455 5.2"."""

    def mark(test: Test) -> Test:
        test.proves = sections  # type: ignore[attr-defined]
        return test

    return mark
