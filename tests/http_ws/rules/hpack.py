"""RFC 7541: compression of fields. Paragraphs are counted, as its text has no anchors for them."""

from tests.http_ws.rules import Rule

HUFFMAN = "huffman.what_is_refused hpack.huffman_code_that_is_malformed"

RULES = [
    Rule(
        "2.1-1",
        "fields come in the order of the block",
        "hpack.order_and_repetition_are_kept hpack_oracle.what_we_write_the_library_reads",
    ),
    Rule("2.3.2-3", "the table may have an entry twice", "hpack.order_and_repetition_are_kept"),
    Rule(
        "2.3.3-4",
        "an index beyond both tables is an error",
        "hpack.indexes_beyond_the_tables hpack.an_entry_that_is_gone_is_beyond_the_tables",
        "hpack/2.3.3/1 hpack/2.3.3/2",
    ),
    Rule(
        "3.2-1",
        "each kind of field is read as it is meant",
        "hpack.the_representations_of_the_examples hpack.each_entry_of_the_static_table "
        "hpack.the_conversations_of_the_examples hpack_oracle.what_the_library_writes_is_read",
        "generic/5/1 generic/5/2 generic/5/3 generic/5/4 generic/5/5 generic/5/6 generic/5/7 generic/5/8 generic/5/9 "
        "generic/5/10 generic/5/11 generic/5/12 generic/5/13",
    ),
    Rule(
        "4.2-2",
        "our table is no larger than the peer lets it be",
        "hpack_encoder.size_updates hpack_encoder.a_limit_of_zero_ends_the_table",
    ),
    Rule(
        "4.2-3",
        "a change is said at the beginning of the next block, theirs and ours",
        "hpack.size_updates_stand_at_the_beginning sending_h2.a_size_update_stands_in_the_block_that_leaves_first "
        "sending_h2.a_size_update_stands_before_trailers",
        "hpack/4.2/1 generic/5/14",
    ),
    Rule(
        "4.2-4",
        "of several changes the smallest and the last are said",
        "hpack.the_lowest_limit_has_to_be_followed hpack_encoder.size_updates",
        "generic/5/15",
    ),
    Rule("5.1-12", "an integer that is too long is an error", "hpack.integers_that_are_too_long"),
    Rule(
        "5.2-6",
        "Huffman code: EOS, more than seven bits of padding, or other bits, are errors",
        f"{HUFFMAN} huffman.padding_is_up_to_seven_ones",
        "hpack/5.2/1 hpack/5.2/2 hpack/5.2/3",
    ),
    Rule("6.1-5", "index 0 is an error", "hpack.indexes_beyond_the_tables", "hpack/6.1/1"),
    Rule("6.2.3-1", "a proxy keeps what is never to be indexed so", "no: we are no proxy"),
    Rule("6.2.3-5", "what is never to be indexed is said so", "hpack_encoder.secrets_are_never_indexed"),
    Rule(
        "6.3-4",
        "a size above the limit is an error",
        "hpack.size_updates_above_our_limit control_h2.the_size_of_our_table",
        "hpack/6.3/1",
    ),
    Rule("7.1.3-3", "a proxy does not index what must not be", "no: we are no proxy"),
]
