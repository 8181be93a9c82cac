"""conversations.*, without a client: what is in a list, in a history, in a thread, and what one may not ask."""

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from tests.testing.slack.kit import ask, error

KINDS = {"channel": "C1", "group": "G9", "im": "D9", "mpim": "M9"}


def with_all_kinds():
    """A fake with a conversation of each kind, and one that is archived."""
    slack = FakeSlack()
    del slack.world.workspaces["T1"].channels["C2"]
    for kind, name in KINDS.items():
        if kind != "channel":
            slack.world.add_channel(name, kind, kind=kind)
    slack.world.add_channel("C8", "old").archived = True
    return slack


def told(slack, **args):
    """The texts of a history of C1."""
    return [
        message["text"] for message in ask(slack, "conversations.history", channel="C1", **args)["messages"]
    ]


def five():
    """A fake with five messages, a second apart; their names."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    names = []
    for number in range(5):
        names.append(slack.person().says(str(number))["ts"])
        clock.step(1)
    return slack, names


@pytest.mark.parametrize(
    ("types", "found"),
    [
        (None, ["C1", "C8"]),
        ("", ["C1", "C8"]),
        ("public_channel", ["C1", "C8"]),
        ("private_channel", ["G9"]),
        ("im", ["D9"]),
        ("mpim", ["M9"]),
        ("im,mpim", ["D9", "M9"]),
        ("public_channel, private_channel , im", ["C1", "G9", "D9", "C8"]),
    ],
)
def test_a_list_has_the_types_that_are_asked_for(types, found):
    """In the order in which they were made; archived ones, until they are left out."""
    slack = with_all_kinds()
    assert [each["id"] for each in ask(slack, "conversations.list", types=types)["channels"]] == found
    some = ask(slack, "conversations.list", types=types, exclude_archived=True)["channels"]
    assert [each["id"] for each in some] == [each for each in found if each != "C8"]


@pytest.mark.parametrize("types", ["all", "channel", "im,all", "im,,mpim", "public_channel;im"])
def test_a_type_that_there_is_not(types):
    """invalid_types, whatever else is asked for."""
    assert error(with_all_kinds(), "conversations.list", types=types) == "invalid_types"


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_a_conversation_says_what_it_is(kind, name):
    """One of four; all but public ones are private; direct ones have a person in place of a name."""
    shown = ask(with_all_kinds(), "conversations.info", channel=name)["channel"]
    assert [which for which in KINDS if shown[f"is_{which}"]] == [kind]
    assert shown["is_private"] is (kind != "channel")
    assert ("user" in shown, "name" in shown) == (kind == "im", kind != "im")
    assert shown["is_archived"] is False


@pytest.mark.parametrize("team", ["", "T1", "T2", "T404"])
def test_a_list_may_be_of_one_team(team):
    """Of those that the token sees."""
    slack = FakeSlack()
    slack.world.add_workspace("T2", enterprise_id="E1")
    slack.world.add_channel("C21", "two", team_id="T2")
    whole = slack.world.install("T2", whole=True).value
    assert [each["id"] for each in ask(slack, "conversations.list", whole, team_id=team)["channels"]] == (
        ["C21"] if team in ("", "T2") else []
    )
    assert [each["id"] for each in ask(slack, "conversations.list", team_id=team)["channels"]] == (
        ["C1", "C2"] if team in ("", "T1") else []
    )


@pytest.mark.parametrize(
    ("oldest", "latest", "inclusive", "found"),
    [
        (None, None, False, "43210"),
        (1, None, False, "432"),
        (1, None, True, "4321"),
        (None, 3, False, "210"),
        (None, 3, True, "3210"),
        (1, 3, False, "2"),
        (1, 3, True, "321"),
        (2, 2, True, "2"),
        (2, 2, False, ""),
        (3, 1, True, ""),
        (0, 4, "true", "43210"),
        (0, 4, "false", "321"),
    ],
)
def test_a_history_is_between_two_times(oldest, latest, inclusive, found):
    """Newest first; the ends belong to it on demand."""
    slack, names = five()
    args = {name: names[at] for name, at in (("oldest", oldest), ("latest", latest)) if at is not None}
    assert "".join(told(slack, inclusive=inclusive, **args)) == found


@pytest.mark.parametrize("method", ["conversations.history", "conversations.replies"])
@pytest.mark.parametrize("end", ["oldest", "latest"])
def test_a_time_is_a_number(method, end):
    """Here, too, Slack's word is of the oldest."""
    slack, names = five()
    slack.person().says("in it", thread_ts=names[0])
    args = {"channel": "C1", "ts": names[0], end: "yesterday"}
    assert error(slack, method, **args) == "invalid_ts_oldest"


def test_a_history_comes_in_pages():
    """Each says whether there is more."""
    slack, _ = five()
    found, cursor, pages = [], "", []
    while True:
        part = ask(slack, "conversations.history", channel="C1", limit=2, cursor=cursor)
        found += [message["text"] for message in part["messages"]]
        cursor = part["response_metadata"]["next_cursor"]
        pages.append(part["has_more"])
        if not cursor:
            break
    assert ("".join(found), pages) == ("43210", [True, True, False])


def test_answers_are_in_their_thread_alone():
    """But those that were sent to the channel, too; the root is in both."""
    slack, names = five()
    slack.person().says("hidden", thread_ts=names[1])
    ask(slack, "chat.postMessage", channel="C1", text="shown", thread_ts=names[1], reply_broadcast=True)
    assert told(slack) == ["shown", "4", "3", "2", "1", "0"]
    thread = ask(slack, "conversations.replies", channel="C1", ts=names[1])
    assert [message["text"] for message in thread["messages"]] == ["1", "hidden", "shown"]
    assert thread["has_more"] is False


def test_a_thread_in_pages_always_has_its_root():
    """Also between times that it is not in."""
    slack, names = five()
    answers = [slack.person().says(f"a{number}", thread_ts=names[0])["ts"] for number in range(3)]
    some = ask(slack, "conversations.replies", channel="C1", ts=names[0], oldest=answers[0])
    assert [message["text"] for message in some["messages"]] == ["0", "a1", "a2"]
    page = ask(slack, "conversations.replies", channel="C1", ts=names[0], limit=2)
    assert ([message["text"] for message in page["messages"]], page["has_more"]) == (["0", "a0"], True)


@pytest.mark.parametrize("method", ["conversations.history", "conversations.replies"])
@pytest.mark.parametrize(("flag", "shown"), [(True, True), ("1", True), (False, False), (None, False)])
def test_metadata_is_shown_to_who_asks_for_it(method, flag, shown):
    """In threads as in channels; what stands in the channel keeps it."""
    slack = FakeSlack()
    metadata = {"event_type": "x", "event_payload": {}}
    ts = ask(slack, "chat.postMessage", channel="C1", text="x", metadata=metadata)["ts"]
    (message,) = ask(slack, method, channel="C1", ts=ts, include_all_metadata=flag)["messages"]
    assert message.get("metadata") == (metadata if shown else None)
    assert slack.messages("C1")[0]["metadata"] == metadata


@pytest.mark.parametrize(
    ("users", "prefix"), [("U1", "D"), ("U2", "D"), ("U1,U2", "G"), ("U2, U1", "G"), ("UBOT1,U1,U2", "G")]
)
def test_direct_messages_are_made_once(users, prefix):
    """With one person or with several, in whatever order; then they are open already."""
    slack = FakeSlack()
    first = ask(slack, "conversations.open", users=users)
    again = ask(slack, "conversations.open", users=",".join(reversed(users.replace(" ", "").split(","))))
    assert first["channel"]["id"][0] == prefix
    assert again["channel"] == first["channel"]
    assert "already_open" not in first
    assert again["no_op"] is again["already_open"] is True


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ({"users": "U404"}, "user_not_found"),
        ({"users": "U1,U404"}, "user_not_found"),
        ({"users": ",".join(["U1"] * 9)}, "too_many_users"),
        ({"channel": "D404"}, "channel_not_found"),
        ({"users": ""}, "invalid_arguments"),
    ],
)
def test_direct_messages_that_cannot_be(args, word):
    """And none are made."""
    slack = FakeSlack()
    before = set(slack.world.workspaces["T1"].channels)
    assert error(slack, "conversations.open", **args) == word
    assert set(slack.world.workspaces["T1"].channels) == before


def test_direct_messages_are_shown_on_demand():
    """Else their id alone is told."""
    slack = FakeSlack()
    assert ask(slack, "conversations.open", users="U1")["channel"].keys() == {"id"}
    shown = ask(slack, "conversations.open", users="U1", return_im=True)["channel"]
    assert (shown["is_im"], shown["user"]) == (True, "U1")
    assert ask(slack, "conversations.open", channel=shown["id"])["channel"] == shown


def test_who_joins_is_a_member_once():
    """And says so each time."""
    slack = FakeSlack()
    slack.world.channel("C1").members.remove("UBOT1")
    for _ in range(2):
        assert ask(slack, "conversations.join", channel="C1")["channel"]["id"] == "C1"
        assert ask(slack, "conversations.members", channel="C1")["members"] == ["U1", "U2", "UBOT1"]


@pytest.mark.parametrize("flag", [True, False])
def test_members_are_counted_on_demand(flag):
    """As Slack does it."""
    slack = with_all_kinds()
    shown = ask(slack, "conversations.info", channel="D9", include_num_members=flag)["channel"]
    assert shown.get("num_members") == (3 if flag else None)
