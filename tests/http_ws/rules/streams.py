"""RFC 9113 §5: streams, their states and ids, flow control, priorities, errors, extensions."""

from tests.http_ws.rules import Rule

STATES = "flows_h2.every_frame_in_every_state"

RULES = [
    Rule(
        "5.1-7.2.4",
        "idle: anything but HEADERS and PRIORITY ends the connection, and HEADERS on an even stream",
        f"{STATES} wire_h2.ids_of_streams wire_h2.continuation_of_nothing",
        "http2/5.1/1 http2/5.1/2 http2/5.1/3 http2/5.1/4 generic/2/1",
    ),
    Rule("5.1-7.4.4", "reserved (local): what we may send", "no: we do not push, and reserve nothing"),
    Rule("5.1-7.4.5", "reserved (local): what may come", "no: we do not push, and reserve nothing"),
    Rule("5.1-7.6.4", "reserved (remote): what we may send", "no: a client that pushes is cut (8.4-10)"),
    Rule("5.1-7.6.5", "reserved (remote): what may come", "no: a client that pushes is cut (8.4-10)"),
    Rule(
        "5.1-7.12.2",
        "half-closed (remote): anything but WINDOW_UPDATE, PRIORITY and RST_STREAM is STREAM_CLOSED of the stream",
        f"{STATES} flows_h2.the_state_after_a_frame",
        "http2/5.1/5 http2/5.1/6 http2/5.1/7 generic/2/2 generic/2/3 generic/2/4",
    ),
    Rule(
        "5.1-7.14.3",
        "closed: we send nothing more; what comes is STREAM_CLOSED",
        f"sending_h2.nothing_is_said_behind_the_end wire_h2.what_is_written_is_sound {STATES}",
        "http2/5.1/11 http2/5.1/12 http2/5.1/13 generic/2/5",
    ),
    Rule(
        "5.1-7.14.5",
        "reset by us: what was on its way is thrown away, but for what it does to tables and windows",
        f"{STATES} wire_h2.the_table_follows_what_is_not_taken wire_h2.data_in_error_counts",
        "http2/5.1/8 http2/5.1/9 http2/5.1/10",
    ),
    Rule(
        "5.1-7.14.6",
        "that it was reset is not forgotten by a timer",
        "flows_h2.resets_are_remembered_for_a_while",
    ),
    Rule("5.1-8", "what no state allows is PROTOCOL_ERROR of the connection", STATES),
    Rule(
        "5.1.1-1",
        "clients use odd ids, servers even ones, and 0 is the connection's",
        "wire_h2.ids_of_streams wire_h2.what_is_written_is_sound",
        "http2/5.1.1/1",
    ),
    Rule(
        "5.1.1-2",
        "each id is above the last, else PROTOCOL_ERROR of the connection",
        "wire_h2.ids_of_streams flows_h2.gaps_are_remembered_up_to_a_bound",
        "http2/5.1.1/2",
    ),
    Rule(
        "5.1.2-3",
        "streams above our limit are refused, each by itself; we open none",
        "wire_h2.streams_at_a_time connection_h2.more_streams_than_allowed_are_refused control_h2.a_flood_of_streams",
        "http2/5.1.2/1",
    ),
    Rule(
        "5.2.1-2.3",
        "we keep within the client's windows",
        "sending_h2.no_more_is_sent_than_the_windows_allow sending_h2.any_history_of_windows "
        "wire_h2_oracle.a_client_and_our_server_agree",
    ),
    Rule(
        "5.2.2-4",
        "frames are read as they come, also while windows are shut, but not of who takes nothing of what we write",
        "connection_h2.a_slow_reader_goes_on stream_h2.sending_waits_for_the_window "
        "connection_h2.a_client_that_reads_nothing_is_cut",
    ),
    Rule(
        "5.3.2-5", "without priorities, other signs decide", "sending_h2.streams_share_the_connections_window"
    ),
    Rule(
        "5.4-4",
        "one error of a stream and one of the connection are told, at most",
        "wire_h2.an_error_is_told_once",
    ),
    Rule("5.4-5", "the first error of a stream hides the others", "wire_h2.an_error_is_told_once"),
    Rule(
        "5.4-6",
        "an error of the connection is told",
        "control_h2.events_before_an_error_are_told "
        "connection_h2.a_mistake_on_the_connection_ends_it_and_all_its_calls",
    ),
    Rule(
        "5.4.1-2",
        "GOAWAY with the last stream comes first, then the end of the connection",
        "connection_h2.what_only_looks_like_it connection_h2.a_mistake_on_the_connection_ends_it_and_all_its_calls "
        "control_h2.events_before_an_error_are_told",
        "http2/5.4.1/1 http2/5.4.1/2",
    ),
    Rule(
        "5.4.1-4",
        "whenever we end a connection that can be told, it is told",
        "connection_h2.a_silent_client_is_closed connection_h2.a_drain_has_two_steps "
        "connection_h2.a_client_that_says_goodbye",
    ),
    Rule(
        "5.4.2-3",
        "what comes on a stream that we have reset is borne",
        f"{STATES} wire_h2.malformed_requests wire_h2.the_table_follows_what_is_not_taken",
    ),
    Rule(
        "5.4.2-4",
        "a stream is reset once",
        "sending_h2.a_reset_throws_away_what_waits wire_h2.an_error_is_told_once wire_h2.what_is_written_is_sound",
    ),
    Rule("5.4.2-5", "RST_STREAM does not answer RST_STREAM", f"control_h2.the_peer_resets_a_stream {STATES}"),
    Rule(
        "5.5-4",
        "unknown frames, flags, settings and codes are ignored; but within a block nothing may come",
        "control_h2.what_is_unknown_is_ignored control_h2.values_of_settings wire_h2.nothing_comes_within_a_block",
        "http2/5.5/1 http2/5.5/2",
    ),
    Rule("5.5-5", "extensions leave what is defined alone", "no: it binds who writes extensions"),
    Rule(
        "5.5-6",
        "an extension that changes what is defined is agreed on first",
        "wire_h2.extended_connect websocket_h2.it_is_offered_where_websockets_are_served",
    ),
    Rule("5.5-7", "a setting that agrees on one is off at first", "wire_h2.extended_connect"),
]
