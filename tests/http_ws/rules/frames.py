"""RFC 9113 §6 and §7: each type of frame; codes of errors."""

from tests.http_ws.rules import Rule

STATES = "flows_h2.every_frame_in_every_state"
SOUND = "wire_h2.what_is_written_is_sound"
BLOCK = "wire_h2.nothing_comes_within_a_block"
PUSH = "no: we do not push"

RULES = [
    Rule("6.1-5.6", "padding of DATA is zeros; a receiver need not look", f"wire_h2.padding_of_data {SOUND}"),
    Rule("6.1-9", "DATA of no stream ends the connection", "wire_h2.ids_of_streams", "http2/6.1/1"),
    Rule(
        "6.1-10",
        "DATA counts whole against the windows; where its stream does not take it, that is an error",
        f"{STATES} sending_h2.padding_is_given_back_at_once wire_h2.data_and_its_end",
        "http2/6.1/2 generic/3.1/1 generic/3.1/2 generic/3.1/3",
    ),
    Rule(
        "6.1-11",
        "padding as long as the frame ends the connection",
        "wire_h2.too_much_padding",
        "http2/6.1/3",
    ),
    Rule(
        "6.2-4.12",
        "padding of HEADERS is zeros; a receiver need not look",
        f"wire_h2.padding_and_priority_of_headers {SOUND}",
        "generic/3.2/1 generic/3.2/2 generic/3.2/3",
    ),
    Rule(
        "6.2-6.6.2",
        "behind HEADERS that are not whole only CONTINUATION of the stream may come",
        BLOCK,
        "http2/6.2/1 http2/6.2/2",
    ),
    Rule("6.2-8", "HEADERS of no stream end the connection", "wire_h2.ids_of_streams", "http2/6.2/3"),
    Rule(
        "6.2-10",
        "padding as long as the frame ends the connection",
        "wire_h2.too_much_padding",
        "http2/6.2/4",
    ),
    Rule(
        "6.3-6", "PRIORITY of no stream ends the connection", "control_h2.malformed_priorities", "http2/6.3/1"
    ),
    Rule(
        "6.3-8",
        "PRIORITY of another length is FRAME_SIZE_ERROR of the stream",
        "control_h2.malformed_priorities_of_a_stream control_h2.priorities_are_read_and_not_followed",
        "http2/6.3/2 http2/5.3.1/1 http2/5.3.1/2 generic/3.3/1 generic/3.3/2 generic/3.3/3 generic/3.3/4 generic/3.3/5",
    ),
    Rule(
        "6.4-5",
        "of a stream that the client has reset we say nothing more; one that we have reset may bring what was sent",
        f"sending_h2.nothing_is_said_behind_the_end {STATES} stream_h2.a_client_that_resets",
        "generic/3.4/1",
    ),
    Rule(
        "6.4-6",
        "RST_STREAM of no stream ends the connection",
        "control_h2.resets_and_windows_that_end_the_connection",
        "http2/6.4/1",
    ),
    Rule(
        "6.4-7",
        "RST_STREAM of an idle stream ends the connection, and we send none",
        f"control_h2.resets_and_windows_that_end_the_connection {STATES} {SOUND}",
        "http2/6.4/2",
    ),
    Rule(
        "6.4-8",
        "RST_STREAM of another length is FRAME_SIZE_ERROR of the connection",
        "control_h2.resets_and_windows_that_end_the_connection",
        "http2/6.4/3",
    ),
    Rule(
        "6.5-3",
        "SETTINGS come first and at any time; all that are defined are known",
        "control_h2.our_settings_come_first control_h2.values_of_settings control_h2.the_first_settings_are_told",
        "generic/3.5/1",
    ),
    Rule("6.5-6.2", "an acknowledgement has no settings", "control_h2.malformed_settings", "http2/6.5/1"),
    Rule("6.5-7", "SETTINGS on a stream end the connection", "control_h2.malformed_settings", "http2/6.5/2"),
    Rule("6.5-8", "SETTINGS that are malformed end the connection", "control_h2.malformed_settings"),
    Rule("6.5-9", "their length is a multiple of six", "control_h2.malformed_settings", "http2/6.5/3"),
    Rule("6.5.2-2.4.1", "ENABLE_PUSH 0: nothing is pushed", SOUND),
    Rule("6.5.2-2.4.2", "ENABLE_PUSH is 0 or 1", "control_h2.values_of_settings", "http2/6.5.2/1"),
    Rule(
        "6.5.2-2.4.3",
        "we do not say that we take pushes",
        "control_h2.our_settings_come_first control_h2.all_our_settings",
    ),
    Rule("6.5.2-2.6.2", "MAX_CONCURRENT_STREAMS 0 is nothing special", "control_h2.values_of_settings"),
    Rule(
        "6.5.2-2.8.3",
        "INITIAL_WINDOW_SIZE is 2^31-1 at most",
        "control_h2.values_of_settings",
        "http2/6.5.2/2",
    ),
    Rule(
        "6.5.2-2.10.2",
        "MAX_FRAME_SIZE is within its bounds, theirs and ours",
        "control_h2.values_of_settings wire_h2.limits_that_cannot_be",
        "http2/6.5.2/3 http2/6.5.2/4",
    ),
    Rule("6.5.2-3", "unknown settings are ignored", "control_h2.values_of_settings", "http2/6.5.2/5"),
    Rule(
        "6.5.3-1",
        "settings hold at once, and are acknowledged in their order",
        "control_h2.settings_are_acknowledged sending_h2.another_initial_window",
    ),
    Rule(
        "6.5.3-2",
        "values are taken in their order; then the acknowledgement leaves",
        "control_h2.settings_are_taken_in_their_order control_h2.settings_are_acknowledged",
        "http2/6.5.3/1 http2/6.5.3/2",
    ),
    Rule("6.6-4.4", "the id of a promised stream", PUSH),
    Rule("6.6-4.8", "padding of PUSH_PROMISE", PUSH),
    Rule("6.6-6.4.2", "a promise in several frames", "control_h2.clients_do_not_push"),
    Rule("6.6-7", "PUSH_PROMISE of no stream ends the connection", "control_h2.clients_do_not_push"),
    Rule("6.6-9", "none is sent to who does not take them", SOUND),
    Rule("6.6-11", "where a promise may be sent", PUSH),
    Rule(
        "6.6-12",
        "a promise on a stream in any state ends the connection",
        f"{STATES} control_h2.clients_do_not_push",
    ),
    Rule("6.6-13", "so does one of an id that cannot be", "control_h2.clients_do_not_push"),
    Rule("6.6-14", "so does one with too much padding", "control_h2.clients_do_not_push"),
    Rule(
        "6.7-4",
        "PING has eight octets, ours too",
        "frames_h2.the_others control_h2.malformed_ping_and_goaway",
    ),
    Rule(
        "6.7-5",
        "PING is answered with its octets, before data that waits",
        "control_h2.a_ping_is_answered control_h2.a_ping_is_answered_before_data_that_waits",
        "http2/6.7/1 generic/3.7/1",
    ),
    Rule(
        "6.7-7.2",
        "our answer has ACK, and one that comes is not answered",
        "control_h2.a_ping_is_answered",
        "http2/6.7/2",
    ),
    Rule(
        "6.7-8", "PING on a stream ends the connection", "control_h2.malformed_ping_and_goaway", "http2/6.7/3"
    ),
    Rule(
        "6.7-9",
        "PING of another length is FRAME_SIZE_ERROR of the connection",
        "control_h2.malformed_ping_and_goaway",
        "http2/6.7/4",
    ),
    Rule("6.8-3", "who got GOAWAY opens no streams", "no: we never do"),
    Rule(
        "6.8-5",
        "GOAWAY comes before the end of a connection",
        "connection_h2.a_silent_client_is_closed connection_h2.a_drain_has_two_steps",
    ),
    Rule(
        "6.8-7",
        "GOAWAY is answered by ours",
        "connection_h2.a_client_that_says_goodbye control_h2.the_peer_goes_away",
        "generic/3.8/1",
    ),
    Rule(
        "6.8-11",
        "GOAWAY on a stream ends the connection",
        "control_h2.malformed_ping_and_goaway",
        "http2/6.8/1",
    ),
    Rule("6.8-17", "the last stream that we say does not rise", "sending_h2.the_last_stream_does_not_rise"),
    Rule(
        "6.8-18",
        "a server that stops says so with 2^31-1 first",
        "connection_h2.a_drain_has_two_steps sending_h2.going_away_in_two_steps "
        "process/drain.sigterm_finishes_what_is_in_flight_over_http_2",
    ),
    Rule(
        "6.8-19",
        "behind GOAWAY, blocks are read and data counts",
        "wire_h2.the_table_follows_what_comes_too_late sending_h2.going_away_in_two_steps",
    ),
    Rule(
        "6.8-21",
        "what a client says in GOAWAY is not kept where others read it",
        "control_h2.the_peer_goes_away",
    ),
    Rule("6.9-4", "what is no DATA is taken whatever the windows are", "sending_h2.any_history_of_windows"),
    Rule(
        "6.9-9",
        "an increment of 0 is the stream's error, or the connection's",
        "control_h2.windows_that_end_a_stream control_h2.resets_and_windows_that_end_the_connection",
        "http2/6.9/1 http2/6.9/2",
    ),
    Rule("6.9-10", "WINDOW_UPDATE behind the end is no error", STATES, "generic/3.9/1 generic/3.9/2"),
    Rule(
        "6.9-11",
        "data counts against the connection's window also where it is an error",
        "wire_h2.data_in_error_counts sending_h2.the_connections_window_is_given_back",
    ),
    Rule(
        "6.9-12",
        "WINDOW_UPDATE of another length is FRAME_SIZE_ERROR of the connection",
        "control_h2.resets_and_windows_that_end_the_connection",
        "http2/6.9/3",
    ),
    Rule(
        "6.9.1-2",
        "both windows bound what is sent; the end alone needs none",
        "sending_h2.no_more_is_sent_than_the_windows_allow sending_h2.an_empty_frame_needs_no_window",
        "http2/6.9.1/1",
    ),
    Rule(
        "6.9.1-7",
        "a window above 2^31-1 is FLOW_CONTROL_ERROR of its stream, or of all",
        "control_h2.windows_that_end_a_stream control_h2.the_largest_windows",
        "http2/6.9.1/2 http2/6.9.1/3",
    ),
    Rule(
        "6.9.2-3",
        "another initial window changes those of all streams by the difference",
        "sending_h2.another_initial_window",
        "http2/6.9.2/1",
    ),
    Rule(
        "6.9.2-4",
        "below 0 nothing is sent until it is above",
        "sending_h2.another_initial_window sending_h2.an_end_needs_no_window_that_is_below_0",
        "http2/6.9.2/2",
    ),
    Rule(
        "6.9.2-7",
        "one that makes a window too large is FLOW_CONTROL_ERROR of the connection",
        "control_h2.a_window_that_settings_make_too_large",
        "http2/6.9.2/3",
    ),
    Rule(
        "6.9.3-1",
        "a smaller window of ours holds when it is acknowledged",
        "control_h2.a_smaller_window_holds_once_it_is_acknowledged",
    ),
    Rule(
        "6.10-5.2.2",
        "behind CONTINUATION that is not the last only another may come",
        f"{BLOCK} wire_h2.a_block_in_several_frames",
        "http2/6.10/1 http2/6.10/2 generic/3.10/1 generic/3.10/2",
    ),
    Rule(
        "6.10-7",
        "CONTINUATION of no stream ends the connection",
        f"wire_h2.continuation_of_nothing {BLOCK}",
        "http2/6.10/3",
    ),
    Rule(
        "6.10-8",
        "CONTINUATION behind anything else ends the connection",
        f"wire_h2.continuation_of_nothing {STATES}",
        "http2/6.10/4 http2/6.10/5 http2/6.10/6",
    ),
    Rule(
        "7-5",
        "unknown codes do nothing special",
        "control_h2.the_peer_resets_a_stream control_h2.the_peer_goes_away",
        "http2/7/1 http2/7/2",
    ),
]
