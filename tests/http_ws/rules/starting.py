"""RFC 9113 §3 and §4: how a connection starts; frames and blocks of fields."""

from tests.http_ws.rules import Rule

RULES = [
    Rule(
        "3.2-2",
        "over TLS, what is agreed on is h2 and never h2c",
        "connection_h2.alpn connection_h2.over_tls_it_is_agreed_on interop/h2_clients.curl_gets",
    ),
    Rule(
        "3.2-3",
        "behind the handshake of TLS, we send a preface, too",
        "connection_h2.alpn control_h2.our_settings_come_first",
    ),
    Rule(
        "3.3-2",
        "without TLS, who begins with the preface is taken; over TLS that needs ALPN",
        "connection_h2.prior_knowledge connection_h2.over_tls_it_is_agreed_on",
        "generic/1/1",
    ),
    Rule("3.3-3", "there we send a preface, too", "connection_h2.prior_knowledge"),
    Rule(
        "3.4-4",
        "behind the client's octets its SETTINGS come first, which may be empty",
        "wire_h2.the_preface wire_h2.settings_come_first",
        "http2/3.5/1",
    ),
    Rule("3.4-6", "our SETTINGS are the first that we send", "control_h2.our_settings_come_first"),
    Rule("3.4-7", "the client's first SETTINGS are acknowledged, behind ours", "wire_h2.the_preface"),
    Rule(
        "3.4-9",
        "another preface ends the connection with PROTOCOL_ERROR",
        "wire_h2.another_preface connection_h2.what_only_looks_like_it",
        "http2/3.5/2",
    ),
    Rule(
        "4.1-4.2.1",
        "we send no payload above 16384 octets unless the peer takes it",
        "sending_h2.frames_are_as_large_as_the_peer_takes_them sending_h2.larger_frames_where_both_take_them",
    ),
    Rule(
        "4.1-4.4.1",
        "frames of unknown types are thrown away",
        "control_h2.what_is_unknown_is_ignored",
        "http2/4.1/1",
    ),
    Rule(
        "4.1-4.6.2",
        "flags without a meaning are ignored, and not set by us",
        "wire_h2.flags_that_have_no_meaning wire_h2.what_is_written_is_sound",
        "http2/4.1/2",
    ),
    Rule(
        "4.1-4.8.1",
        "the reserved bit is ignored, and not set by us",
        "wire_h2.the_reserved_bit_and_the_largest_frame wire_h2.what_is_written_is_sound",
        "http2/4.1/3",
    ),
    Rule(
        "4.2-2",
        "payloads of 16384 octets are taken",
        "wire_h2.the_reserved_bit_and_the_largest_frame",
        "http2/4.2/1",
    ),
    Rule(
        "4.2-4",
        "a frame above our size, or too short, is FRAME_SIZE_ERROR, of the connection where that may have changed",
        "wire_h2.larger_frames wire_h2.too_much_padding control_h2.malformed_ping_and_goaway "
        "control_h2.malformed_priorities_of_a_stream",
        "http2/4.2/2 http2/4.2/3",
    ),
    Rule(
        "4.3-10",
        "a block's frames stand together, theirs and ours",
        "wire_h2.nothing_comes_within_a_block frames_h2.a_block_is_cut_into_frames",
        "http2/4.3/2 http2/4.3/3",
    ),
    Rule(
        "4.3-11",
        "blocks are read whatever becomes of their frames",
        "wire_h2.the_table_follows_what_is_not_taken wire_h2.the_table_follows_what_comes_too_late",
    ),
    Rule(
        "4.3-12",
        "a block that cannot be read is COMPRESSION_ERROR of the connection",
        "wire_h2.a_block_that_cannot_be_read",
        "http2/4.3/1",
    ),
    Rule(
        "4.3.1-4",
        "the first block behind a smaller table begins with its size: ours does, theirs has to",
        "sending_h2.a_size_update_stands_in_the_block_that_leaves_first "
        "sending_h2.a_size_update_stands_before_trailers control_h2.the_size_of_the_peers_table "
        "control_h2.the_size_of_our_table hpack.a_lower_limit_has_to_be_followed",
    ),
]
