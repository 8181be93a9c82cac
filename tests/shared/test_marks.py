"""What logs say of where a line belongs."""

import os

from interfaces.shared.marks import ID, about, scope_id
from interfaces.shared.tracing import KEY

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def scope(**more):
    """A scope, as far as it matters."""
    return {"type": "http", "asgi": {"version": "3.0"}, **more}


def test_a_scope_gets_its_id_when_it_is_asked_for():
    """Once, another than the next one's, and not before."""
    first, second = scope(), scope()
    assert ID not in first
    assert scope_id(first) == scope_id(first) == first[ID]
    assert scope_id(first) != scope_id(second)


def test_an_id_that_came_along_is_kept():
    """The container has named the scope; what is no text is none."""
    assert scope_id(scope(scope_id="abc-1")) == "abc-1"
    assert isinstance(scope_id(scope(scope_id=7)), str)


def test_a_forked_process_numbers_its_own():
    """The ids of two processes never meet."""
    mine = scope_id(scope()).partition("-")[0]
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, scope_id(scope()).partition("-")[0].encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as theirs:
        said = theirs.read().decode()
    assert len(said) == 8
    assert said != mine


def test_a_line_says_what_there_is_and_no_more():
    """Of a scope its id and trace, of an event its key, of a message that has nothing nothing."""
    one = scope(traceparent=PARENT)
    assert about(one, "key 1") == {ID: one[ID], "dedupe_key": "key 1", "trace_id": TRACE}
    assert about({"type": "email.receive", "dedupe_key": "key 2"}) == {"dedupe_key": "key 2"}
    assert about({"to": "a", KEY: PARENT}) == {"trace_id": TRACE}
    assert about({"to": "a"}) == {}
    assert about({"type": "http.request", ID: "abc-1"}) == {ID: "abc-1"}
