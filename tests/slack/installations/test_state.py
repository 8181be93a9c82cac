"""OAuth's state: ours, of this browser, for a while, once."""

import pytest

from interfaces.slack.installations.state import StateError, States, new_browser, read_browser

NOW = 1_700_000_000.0
ME = new_browser()


def refused(states, state, browser=ME, now=NOW):
    """The word."""
    with pytest.raises(StateError) as caught:
        states.use(state, browser, now)
    return caught.value.word


def test_a_state_is_good_once():
    """In this process; each is another one."""
    states = States("secret", 600)
    first, second = states.make(ME, NOW), states.make(ME, NOW)
    assert first != second
    states.use(first, ME, NOW + 600)
    assert refused(states, first) == "used_state"
    states.use(second, ME, NOW)


def test_another_container_takes_it():
    """Nothing is stored; it has to have the same secret."""
    state = States("secret", 600).make(ME, NOW)
    States("secret", 600).use(state, ME, NOW)
    assert refused(States("other", 600), state) == "invalid_state"


def test_a_state_ends():
    """After its lifetime; one that is far ahead is none either."""
    states = States("secret", 600)
    assert refused(states, states.make(ME, NOW), now=NOW + 602) == "expired_state"
    assert refused(states, states.make(ME, NOW + 400)) == "expired_state"


def test_a_state_is_of_one_browser():
    """Another's, or one without a cookie, cannot finish what this one began; it still can."""
    states = States("secret", 600)
    state = states.make(ME, NOW)
    assert refused(states, state, new_browser()) == "invalid_state"
    assert refused(states, state, "") == "invalid_browser"
    states.use(state, ME, NOW)


def test_what_is_changed_is_not_ours():
    """Any of its parts; and what has not its form."""
    states = States("secret", 600)
    state = states.make(ME, NOW)
    for at in range(len(state)):
        other = "0" if state[at] != "0" else "1"
        assert refused(states, f"{state[:at]}{other}{state[at + 1 :]}") == "invalid_state"
    for wrong in ("", "x", f"{state}x", state + "\n", "é" * 70, state * 1000):
        assert refused(states, wrong) == "invalid_state"


def test_what_is_remembered_is_bounded(monkeypatch):
    """The oldest is forgotten."""
    monkeypatch.setattr("interfaces.slack.installations.state.STATES", 3)
    states = States("secret", 600)
    for _ in range(10):
        states.use(states.make(ME, NOW), ME, NOW)
    assert len(states._used) == 3


def test_our_cookie_among_others():
    """By its whole name, and only what we have made."""
    assert read_browser(f"a=b; name={ME}; x", "name") == ME
    assert (
        read_browser(f"othername={ME}", "name")
        == read_browser("", "name")
        == read_browser("name=", "name")
        == ""
    )
    assert read_browser("name=short", "name") == read_browser(f'name="{ME}"', "name") == ""
