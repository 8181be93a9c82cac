"""RFC 9218 (priorities) and RFC 8441 (WebSockets): what they ask of a server of HTTP/2.

Paragraphs of RFC 8441 are counted, as its text has no anchors for them.
"""

from tests.http_ws.rules import Rule

FAIR = "sending_h2.streams_share_the_connections_window"
NOT_FOLLOWED = "control_h2.priority_updates_are_read_and_not_followed"

PRIORITIES = [
    Rule(
        "2.1-2",
        "NO_RFC7540_PRIORITIES is 0 or 1",
        "control_h2.values_of_settings control_h2.our_settings_come_first",
    ),
    Rule(
        "2.1-3", "we say it first, and once", "control_h2.our_settings_come_first control_h2.all_our_settings"
    ),
    Rule(
        "2.1-4",
        "who says it has the priorities of RFC 7540 ignored",
        "control_h2.priorities_are_read_and_not_followed",
    ),
    Rule("4-5", "without priorities, defaults hold", FAIR),
    Rule(
        "4-7",
        "priorities that are malformed or unknown are ignored",
        "either.priorities_are_the_applications",
    ),
    Rule("7-4", "PRIORITY_UPDATE may come before its stream", NOT_FOLLOWED),
    Rule("7.1-2", "PRIORITY_UPDATE on a stream ends the connection", "control_h2.malformed_priority_updates"),
    Rule(
        "7.1-6",
        "priorities of streams to come are bounded, with those that are there",
        "control_h2.priorities_of_streams_to_come_are_bounded",
    ),
    Rule("7.1-7", "PRIORITY_UPDATE of a push ends the connection", "control_h2.malformed_priority_updates"),
    Rule(
        "7.1-8", "PRIORITY_UPDATE of no stream ends the connection", "control_h2.malformed_priority_updates"
    ),
    Rule("7.1-9", "we send none", "wire_h2.what_is_written_is_sound"),
    Rule(
        "10-5",
        "answers of one urgency come one after the other",
        "no: priorities are not followed, all take turns",
    ),
    Rule("10-6", "incremental answers of one urgency share", FAIR),
    Rule("10.1-2", "tunnels have their share", "websocket_h2.sockets_and_requests_beside_each_other"),
]

WEBSOCKETS = [
    Rule(
        "3-2",
        "ENABLE_CONNECT_PROTOCOL is 0 or 1",
        "control_h2.values_of_settings control_h2.all_our_settings",
    ),
    Rule(
        "3-4",
        "we do not take it back",
        "control_h2.all_our_settings websocket_h2.it_is_offered_where_websockets_are_served",
    ),
    Rule(
        "4-2",
        "CONNECT with a protocol has scheme, path and authority, and is no proxy's",
        "heads_h2.extended_connect heads_h2.a_protocol_that_is_none wire_h2.extended_connect "
        "wire_h2.behind_connect_there_is_only_data",
    ),
    Rule(
        "5-1",
        "the protocol of a WebSocket is websocket",
        "websocket_h2.accepting websocket_h2.other_connects_are_refused",
    ),
    Rule(
        "5-2", "its scheme is http or https", "websocket_h2.accepting websocket_h2.the_scope_behind_a_proxy"
    ),
    Rule("5-3", "Connection and Upgrade are not in it", "heads_h2.fields_about_a_connection"),
]
