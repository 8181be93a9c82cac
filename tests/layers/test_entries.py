"""interfaces.layers.entries: what one push may hold."""

from interfaces.layers import entries


def test_one_push_is_bounded_by_messages_and_by_bytes():
    """However much is sent in one turn, no push is larger than one message or the bound; order is kept."""
    small = [(b"%d" % n, None) for n in range(2 * entries.BATCH + 1)]
    assert [len(batch) for batch in entries.batches(small)] == [entries.BATCH, entries.BATCH, 1]
    assert [send for batch in entries.batches(small) for send in batch] == small
    third, whole = bytes(entries.BATCH_BYTES // 3), bytes(entries.BATCH_BYTES + 1)
    sizes = [
        [len(data) for data, _ in batch] for batch in entries.batches([(third, None)] * 4 + [(whole, None)])
    ]
    assert sizes == [[len(third)] * 3, [len(third)], [len(whole)]]
    assert list(entries.batches([])) == []
