"""RFC 9113 §8: requests and answers."""

from tests.http_ws.rules import Rule

PUSH = "no: we do not push"
PROXY = "no: we are no proxy"

RULES = [
    Rule("8.1-6", "a block's frames stand together", "wire_h2.nothing_comes_within_a_block"),
    Rule(
        "8.1-8",
        "trailers have no pseudo-header fields",
        "wire_h2.malformed_trailers heads_h2.trailers hpack_encoder.names_that_cannot_be_said",
        "http2/8.1.2.1/3 generic/4/4",
    ),
    Rule(
        "8.1-9",
        "a second block that does not end the stream is malformed",
        "wire_h2.malformed_trailers",
        "http2/8.1/1",
    ),
    Rule(
        "8.1-11",
        "an answer may come before the whole request; then NO_ERROR tells that the rest is not wanted",
        "stream_h2.an_answer_before_the_whole_of_the_body sending_h2.no_error_waits_for_the_answer "
        "sending_h2.no_reset_where_the_body_ends_first",
        "generic/4/1 generic/4/2 generic/4/3",
    ),
    Rule(
        "8.1.1-3",
        "malformed is PROTOCOL_ERROR of the stream",
        "wire_h2.malformed_requests wire_h2.a_body_of_another_length",
        "http2/8.1.2.6/1 http2/8.1.2.6/2",
    ),
    Rule(
        "8.1.1-4", "an answer to what is malformed may come first", "no: the reset says it, as 8.2.1-6 below"
    ),
    Rule(
        "8.2-2", "names are in lower case, ours too", "hpack_encoder.names_are_in_lower_case", "http2/8.1.2/1"
    ),
    Rule("8.2.1-1", "names and values are looked at", "heads_h2.names heads_h2.values"),
    Rule("8.2.1-2", "at least for what follows", "heads_h2.names heads_h2.values"),
    Rule(
        "8.2.1-3.1", "a name has no blank, control character, capital, or octet above 0x7e", "heads_h2.names"
    ),
    Rule("8.2.1-3.2", "a name has no colon", "heads_h2.names heads_h2.unknown_pseudo_header_fields"),
    Rule(
        "8.2.1-3.3",
        "a value has no NUL, CR or LF",
        "heads_h2.values hpack_encoder.values_that_cannot_be_said",
    ),
    Rule(
        "8.2.1-3.4",
        "a value has no blanks around it",
        "heads_h2.values hpack_encoder.values_have_no_blanks_around_them",
    ),
    Rule(
        "8.2.1-5",
        "what breaks one of these is malformed",
        "heads_h2.names heads_h2.values wire_h2.malformed_requests",
    ),
    Rule(
        "8.2.1-6",
        "a 400 for such a request",
        "no: what is malformed is reset (8.1.1-3), and a stream cannot both be reset and have its whole answer",
    ),
    Rule(
        "8.2.2-1",
        "fields about a connection are malformed, and not said by us",
        "heads_h2.fields_about_a_connection hpack_encoder.what_belongs_to_another_protocol_is_left_out",
        "http2/8.1.2.2/1",
    ),
    Rule(
        "8.2.2-2",
        'TE is "trailers" or malformed',
        "heads_h2.te heads_h2.fields_about_a_connection",
        "http2/8.1.2.2/2",
    ),
    Rule("8.2.2-3", "a proxy leaves such fields out", PROXY),
    Rule(
        "8.2.3-2",
        "the application sees one Cookie",
        "heads_h2.crumbs_are_joined wire_h2.the_same_block_again",
    ),
    Rule(
        "8.3-2",
        "no other pseudo-header fields are made",
        "hpack_encoder.names_that_cannot_be_said answer_h2.no_field_breaks_out",
    ),
    Rule(
        "8.3-3",
        "unknown ones, those of answers, and any in trailers are malformed",
        "heads_h2.unknown_pseudo_header_fields heads_h2.trailers",
        "http2/8.1.2.1/1 http2/8.1.2.1/2",
    ),
    Rule(
        "8.3-4",
        "they stand before all others",
        "heads_h2.pseudo_header_fields_stand_before_the_others hpack_encoder.the_status_comes_first",
        "http2/8.1.2.1/4",
    ),
    Rule(
        "8.3-5",
        "each stands there once",
        "heads_h2.what_a_request_needs heads_h2.pseudo_header_fields_stand_before_the_others",
        "http2/8.1.2.3/5 http2/8.1.2.3/6 http2/8.1.2.3/7",
    ),
    Rule(
        "8.3.1-2.3",
        "the authority counts, Host must not differ from it, and it has no user",
        "heads_h2.host_and_authority heads_h2.the_grammar_of_the_others",
    ),
    Rule(
        "8.3.1-2.4",
        'a path is not empty; "*" is for OPTIONS; CONNECT has none',
        "heads_h2.paths heads_h2.the_asterisk_is_for_options heads_h2.connect",
        "http2/8.1.2.3/1",
    ),
    Rule(
        "8.3.1-3",
        "method, scheme and path are all there",
        "heads_h2.what_a_request_needs",
        "http2/8.1.2.3/2 http2/8.1.2.3/3 http2/8.1.2.3/4",
    ),
    Rule(
        "8.3.2-1",
        "each answer has a status, interim ones too",
        "hpack_encoder.the_status_comes_first answer_h2.early_hints answer_h2.answers_of_our_own",
    ),
    Rule("8.4-5", "what may be promised", PUSH),
    Rule("8.4-7", "what is pushed is not stored", PUSH),
    Rule("8.4-8", "who may push what", PUSH),
    Rule("8.4-10", "a client that pushes is cut", "control_h2.clients_do_not_push", "http2/8.2/1"),
    Rule("8.4.1-4", "the fields of a promise", PUSH),
    Rule("8.4.1-5", "when a promise is sent", PUSH),
    Rule("8.4.1-7", "clients do not push", "control_h2.clients_do_not_push"),
    Rule("8.4.1-8", "on which streams promises are sent", PUSH),
    Rule("8.4.2-2", "what clients ask for meanwhile", "no: it binds clients"),
    Rule("8.4.2-5", "whose pushes clients take", "no: it binds clients"),
    Rule(
        "8.5-3.2",
        "CONNECT has neither scheme nor path",
        "heads_h2.connect connection_h2.what_is_refused_by_its_head",
    ),
    Rule(
        "8.5-6",
        "behind CONNECT only data comes, or the stream is in error",
        "wire_h2.behind_connect_there_is_only_data",
    ),
    Rule("8.5-8", "errors of what a proxy is connected to", PROXY),
    Rule(
        "8.7-5",
        "REFUSED_STREAM is for what no application has seen, and GOAWAY names all that one has",
        "connection_h2.more_streams_than_allowed_are_refused connection_h2.a_drain_has_two_steps "
        "sending_h2.a_request_is_refused",
    ),
]
