"""The records of the fake by themselves: people, conversations, workspaces, tokens and what is looked up in them."""

import pytest

from interfaces.testing.slack import App, FakeSlack, SteppedClock
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.state import Channel, SlackUser, Workspace

NOW = 1_700_000_000.0


def channel(*names, **more):
    """A conversation with messages of these names; "a<b" is an answer to b."""
    messages = []
    for name in names:
        ts, _, root = name.partition("<")
        messages.append({"ts": ts, **({"thread_ts": root} if root else {})})
    return Channel(id="C1", name="general", team_id="T1", messages=messages, **more)


@pytest.mark.parametrize(("ts", "found"), [("1", True), ("2", True), ("3", False), ("", False)])
def test_a_message_is_found_by_its_name(ts, found):
    """The last one, if there were two; else there is none."""
    place = channel("1", "2<1", "2")
    if found:
        assert place.find(ts)["ts"] == ts
        assert place.find("2") is place.messages[2]
    else:
        with pytest.raises(SlackRefused, match="message_not_found"):
            place.find(ts)


@pytest.mark.parametrize(
    ("ts", "thread"), [("1", ["1", "2", "4"]), ("3", ["3"]), ("2", ["2"]), ("9", []), ("", [])]
)
def test_a_thread_is_a_root_and_its_answers(ts, thread):
    """In their order; an answer by itself is one message."""
    assert [each["ts"] for each in channel("1", "2<1", "3", "4<1").thread(ts)] == thread


@pytest.mark.parametrize(
    ("kind", "private", "keys"),
    [
        ("channel", False, {"name", "topic", "purpose", "is_general"}),
        ("group", True, {"name", "topic", "purpose", "is_general"}),
        ("mpim", True, {"name", "topic", "purpose", "is_general"}),
        ("im", True, {"user"}),
    ],
)
def test_a_conversation_is_shown_by_its_kind(kind, private, keys):
    """Exactly one of four; a name or a person."""
    shown = channel(kind=kind, members=["U1", "U2"]).shown
    assert [shown[f"is_{each}"] for each in ("channel", "group", "mpim", "im")].count(True) == 1
    assert shown[f"is_{kind}"] and shown["is_private"] is private
    assert keys <= shown.keys()
    assert ("user" in shown) is (kind == "im")
    assert shown.get("num_members", 2) == 2


def test_direct_messages_of_nobody_have_no_user():
    """As a test may make them."""
    assert channel(kind="im").shown["user"] == ""


@pytest.mark.parametrize(("bot_id", "is_bot"), [("", False), ("B1", True)])
def test_a_user_is_a_person_or_a_bot(bot_id, is_bot):
    """A person has an address, a bot has an app."""
    shown = SlackUser(id="U1", name="ann", team_id="T1", bot_id=bot_id, app_id="A1").shown
    assert shown["is_bot"] is is_bot
    assert ("email" in shown["profile"]) is not is_bot
    assert shown["profile"].get("api_app_id") == ("A1" if is_bot else None)
    assert (shown["tz"], shown["tz_offset"]) == ("Etc/UTC", 0)


@pytest.mark.parametrize(
    ("name", "domain"), [("Acme", "acme"), ("Two Words", "two-words"), ("a-b", "a-b"), ("T2", "t2")]
)
def test_a_workspace_has_an_address(name, domain):
    """Made of its name."""
    made = Workspace(id="T1", name=name)
    assert (made.domain, made.url) == (domain, f"https://{domain}.slack.com/")


def grid():
    """A world with T1, and T2 and T3 of one organisation; each has a channel "general"."""
    world = FakeSlack(clock=SteppedClock()).world
    for number in (2, 3):
        team = f"T{number}"
        world.add_workspace(team, team, enterprise_id="E1")
        world.add_channel(f"C{number}1", "general", team_id=team)
        world.add_user(f"U{number}1", f"user{number}", team_id=team)
    return world


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("C1", "C1"),
        ("general", "C1"),
        ("#general", "C1"),
        ("random", "C2"),
        ("C21", "C21"),
        ("C404", None),
        ("", None),
        (None, None),
        ("#", None),
        ("##general", None),
        ("General", None),
    ],
)
def test_a_channel_is_found_without_a_token(name, found):
    """In all workspaces, the first of its name."""
    if found is None:
        with pytest.raises(SlackRefused, match="channel_not_found"):
            grid().channel(name)
    else:
        assert grid().channel(name).id == found


@pytest.mark.parametrize(
    ("team", "whole", "sees"),
    [("T1", False, ["T1"]), ("T2", False, ["T2"]), ("T2", True, ["T2", "T3"]), ("T3", True, ["T2", "T3"])],
)
def test_a_token_sees_where_it_is_good(team, whole, sees):
    """Its workspace, or all of its organisation; channels and people likewise."""
    world = grid()
    token = world.install(team, whole=whole)
    assert [each.id for each in world.seen_by(token)] == sees
    places = {"T1": ("C1", "U1"), "T2": ("C21", "U21"), "T3": ("C31", "U31")}
    for workspace, (place, user) in places.items():
        if workspace in sees:
            assert world.channel(place, token).id == place
            assert world.user(user, token).id == user
        else:
            with pytest.raises(SlackRefused, match="channel_not_found"):
                world.channel(place, token)
            with pytest.raises(SlackRefused, match="user_not_found"):
                world.user(user, token)
    assert world.channel("general", token).team_id == sees[0]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (["U1"], ["U1"], True),
        (["U1", "U2"], ["U2", "U1"], True),
        (["U1"], ["U2"], False),
        (["U1"], ["U1", "U2"], False),
        (["U1", "U2"], ["U1", "U2", "UBOT1"], False),
    ],
)
def test_direct_messages_are_those_of_the_same_people(first, second, same):
    """Whoever is named first."""
    world = grid()
    workspace = world.workspace("T1")
    assert (world.direct(workspace, first) is world.direct(workspace, second)) is same


def test_a_group_of_people_has_a_name():
    """As Slack gives it; a pair has none."""
    world = grid()
    workspace = world.workspace("T1")
    assert world.direct(workspace, ["U1", "U2"]).name == "mpdm-U1--U2-1"
    assert world.direct(workspace, ["U1"]).name == ""


@pytest.mark.parametrize("rotation", [True, False])
@pytest.mark.parametrize("kind", ["bot", "user"])
def test_a_token_is_made_as_the_app_has_them(rotation, kind):
    """Of its kind by how it begins; one that ends has a refresh token."""
    world = FakeSlack(app=App(rotation=rotation, scopes=("chat:write",)), clock=SteppedClock()).world
    token = world.install("T1", kind=kind, user_id="U2")
    begin = ("xoxe." if rotation else "") + {"bot": "xoxb-", "user": "xoxp-"}[kind]
    assert token.value.startswith(begin) and world.tokens[token.value] is token
    assert (token.expires_at, bool(token.refresh)) == (NOW + 43_200 if rotation else None, rotation)
    assert (token.user_id, token.bot_id) == (("UBOT1", "B1") if kind == "bot" else ("U2", ""))
    assert token.scopes == ("chat:write",)
    assert world.install("T1", scopes=("other",)).scopes == ("other",)


def test_tokens_of_a_workspace_end_together():
    """Those that were good are told; those of others stay."""
    world = grid()
    one, other, old = world.install("T2"), world.install("T3"), world.install("T2", kind="user")
    old.revoked = True
    assert world.uninstall("T2") == [one]
    assert (one.revoked, other.revoked) == (True, False)
    assert world.uninstall("T2") == []


@pytest.mark.parametrize(
    ("whole", "revoked", "installed"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_an_organisation_has_the_app_or_has_not(whole, revoked, installed):
    """While a token says so that is good; a workspace without one never has."""
    world = grid()
    world.install("T2", whole=whole).revoked = revoked
    assert [world.installed_whole(each) for each in world.workspaces.values()] == [
        False,
        installed,
        installed,
    ]


@pytest.mark.parametrize(
    ("event", "team_id", "team"),
    [
        ({}, None, "T1"),
        ({"team": "T2"}, None, "T2"),
        ({"team": "T2"}, "T3", "T3"),
        ({"team": ""}, None, "T1"),
        ({}, "T2", "T2"),
    ],
)
def test_an_envelope_is_for_a_team(event, team_id, team):
    """The one that is named, else the event's, else the first; the bot of that is authorized."""
    world = grid()
    made = event_callback(world, {"type": "x", **event}, team_id, "Ev1")
    (authorization,) = made["authorizations"]
    enterprise = None if team == "T1" else "E1"
    assert (made["team_id"], made["context_team_id"], authorization["team_id"]) == (team, team, team)
    assert (made["enterprise_id"], authorization["enterprise_id"]) == (enterprise, enterprise)
    assert authorization["user_id"] == f"UBOT{team[1]}"
    assert (made["event_id"], made["event_time"], made["api_app_id"]) == ("Ev1", int(NOW), "A1")


def test_an_envelope_for_nobody_is_a_mistake_of_the_test():
    """It is told how a workspace is made."""
    with pytest.raises(ValueError, match="the fake has no workspace T404: add_workspace makes one"):
        event_callback(grid(), {"type": "x"}, "T404")


def test_names_of_messages_are_in_order_whatever_the_clock_does():
    """Also when it goes back."""
    clock = SteppedClock()
    world = FakeSlack(clock=clock).world
    names = [world.ts()]
    for seconds in (0, 5, -10, 0, 20):
        clock.step(seconds)
        names.append(world.ts())
    assert names == sorted(names, key=float) and len(set(names)) == 6
    assert all(len(name.partition(".")[2]) == 6 for name in names)


def test_a_trigger_lasts_as_long_as_an_answer():
    """For who was there, in the view that it was given in."""
    world = grid()
    name = world.trigger("T1", "U1", "V7")
    trigger = world.views.triggers[name]
    assert (trigger.team_id, trigger.user_id, trigger.view_id, trigger.until) == ("T1", "U1", "V7", NOW + 3)
    assert world.trigger("T1", "U1") != name
