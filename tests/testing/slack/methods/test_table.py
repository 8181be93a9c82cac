"""All methods of the fake at once: who is let in, with which scope, how often, and what each cannot do without."""

import pytest

from interfaces.testing.slack import App, FakeSlack, Limits, SteppedClock
from interfaces.testing.slack.calls import TIERS
from interfaces.testing.slack.methods.table import FAMILIES, METHODS
from tests.testing.slack.kit import ask, error

BOTH, ALL, APPS, NOBODY = ("bot", "user"), ("bot", "user", "app"), ("app",), ()

SLACKS = {
    "api.test": (4, NOBODY, ""),
    "auth.test": (4, ALL, ""),
    "auth.revoke": (3, BOTH, ""),
    "apps.connections.open": (4, APPS, ""),
    "apps.uninstall": (1, BOTH, ""),
    "assistant.threads.setStatus": (3, BOTH, "assistant:write"),
    "assistant.threads.setSuggestedPrompts": (3, BOTH, "assistant:write"),
    "assistant.threads.setTitle": (3, BOTH, "assistant:write"),
    "chat.appendStream": (4, BOTH, "chat:write"),
    "chat.delete": (3, BOTH, "chat:write"),
    "chat.deleteScheduledMessage": (3, BOTH, "chat:write"),
    "chat.getPermalink": (3, BOTH, ""),
    "chat.postEphemeral": (4, BOTH, "chat:write"),
    "chat.postMessage": (0, BOTH, "chat:write"),
    "chat.scheduleMessage": (3, BOTH, "chat:write"),
    "chat.scheduledMessages.list": (3, BOTH, ""),
    "chat.startStream": (2, BOTH, "chat:write"),
    "chat.stopStream": (2, BOTH, "chat:write"),
    "chat.update": (3, BOTH, "chat:write"),
    "conversations.history": (3, BOTH, "channels:history"),
    "conversations.info": (3, BOTH, "channels:read"),
    "conversations.join": (3, BOTH, "channels:join"),
    "conversations.list": (2, BOTH, "channels:read"),
    "conversations.members": (4, BOTH, "channels:read"),
    "conversations.open": (3, BOTH, "im:write"),
    "conversations.replies": (3, BOTH, "channels:history"),
    "files.completeUploadExternal": (4, BOTH, "files:write"),
    "files.getUploadURLExternal": (4, BOTH, "files:write"),
    "files.info": (4, BOTH, "files:read"),
    "oauth.v2.access": (4, NOBODY, ""),
    "reactions.add": (3, BOTH, "reactions:write"),
    "reactions.get": (3, BOTH, "reactions:read"),
    "reactions.remove": (2, BOTH, "reactions:write"),
    "team.info": (3, BOTH, "team:read"),
    "users.info": (4, BOTH, "users:read"),
    "users.list": (2, BOTH, "users:read"),
    "users.lookupByEmail": (3, BOTH, "users:read.email"),
    "views.open": (4, BOTH, ""),
    "views.publish": (4, BOTH, ""),
    "views.push": (4, BOTH, ""),
    "views.update": (4, BOTH, ""),
}
"""Method → tier, kinds of tokens and scope, as api.slack.com has them."""

NEEDS = {
    "assistant.threads.setStatus": ("channel_id", "thread_ts"),
    "assistant.threads.setSuggestedPrompts": ("channel_id", "prompts"),
    "assistant.threads.setTitle": ("channel_id", "thread_ts", "title"),
    "chat.appendStream": ("channel", "ts"),
    "chat.delete": ("channel", "ts"),
    "chat.deleteScheduledMessage": ("channel", "scheduled_message_id"),
    "chat.getPermalink": ("channel", "message_ts"),
    "chat.postEphemeral": ("channel", "user"),
    "chat.postMessage": ("channel",),
    "chat.scheduleMessage": ("channel",),
    "chat.startStream": ("channel", "thread_ts"),
    "chat.stopStream": ("channel", "ts"),
    "chat.update": ("channel", "ts"),
    "conversations.history": ("channel",),
    "conversations.info": ("channel",),
    "conversations.join": ("channel",),
    "conversations.members": ("channel",),
    "conversations.open": ("users",),
    "conversations.replies": ("channel", "ts"),
    "files.completeUploadExternal": ("files",),
    "files.getUploadURLExternal": ("filename", "length"),
    "files.info": ("file",),
    "reactions.add": ("channel", "timestamp", "name"),
    "reactions.get": ("channel", "timestamp"),
    "reactions.remove": ("channel", "timestamp", "name"),
    "users.info": ("user",),
    "users.lookupByEmail": ("email",),
    "views.open": ("trigger_id", "view"),
    "views.publish": ("user_id", "view"),
    "views.push": ("trigger_id", "view"),
}
"""Method → the arguments that it refuses to be without."""

GOOD = {
    "channel": "C1",
    "channel_id": "C1",
    "user": "U1",
    "user_id": "U1",
    "users": "U1",
    "text": "x",
    "thread_ts": "1.1",
    "name": "eyes",
    "filename": "a.txt",
    "length": 5,
    "status": "is thinking",
    "title": "A title",
    "prompts": [{"title": "a", "message": "b"}],
    "view": {"type": "modal", "title": {"type": "plain_text", "text": "One"}, "blocks": []},
    "recipient_user_id": "U1",
    "recipient_team_id": "T1",
    "scheduled_message_id": "Q1",
    "email": "ann@example.com",
    "files": [{"id": "F1"}],
    "file": "F1",
    "trigger_id": "no such",
}
"""Values that no method refuses as such."""

GUARDED = [name for name, (_, kinds, _) in SLACKS.items() if kinds]
SCOPED = [name for name, (_, _, scope) in SLACKS.items() if scope]


def test_the_fake_knows_these_methods_and_no_others():
    """Whoever adds one says here what Slack says of it."""
    assert METHODS.keys() == SLACKS.keys()
    assert sum(len(family.METHODS) for family in FAMILIES) == len(METHODS)


@pytest.mark.parametrize(("name", "said"), SLACKS.items(), ids=SLACKS)
def test_each_has_slacks_tier_tokens_and_scope(name, said):
    """A client that is told of a wrong limit would learn a wrong pace."""
    method = METHODS[name]
    assert (method.tier, method.kinds, method.scope) == said


@pytest.mark.parametrize("name", GUARDED)
def test_nobody_is_let_in_without_a_token_that_is_good(name):
    """None, one that was never given, one that was revoked, one that is over: before all else."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock, app=App(rotation=True, token_lifetime=60))
    revoked, over = slack.world.install("T1"), slack.world.install("T1")
    revoked.revoked = True
    clock.step(60)
    assert [error(slack, name, token) for token in (" ", "xoxb-no", revoked.value, over.value)] == [
        "not_authed",
        "invalid_auth",
        "token_revoked",
        "token_expired",
    ]


@pytest.mark.parametrize("name", GUARDED)
def test_a_token_of_another_kind_is_not_let_in(name):
    """An app's where a bot's is wanted, and the other way round."""
    slack = FakeSlack()
    tokens = {"bot": slack.bot_token, "app": slack.app_token}
    tokens["user"] = slack.world.install("T1", kind="user").value
    for kind, token in tokens.items():
        refused = ask(slack, name, token).get("error") == "not_allowed_token_type"
        assert refused is (kind not in SLACKS[name][1]), kind
        slack.world.tokens[token].revoked = False  # auth.revoke and apps.uninstall do what they are for


@pytest.mark.parametrize("name", SCOPED)
def test_a_scope_is_asked_for_and_enough(name):
    """Without it the answer names what is needed and what there is; with it alone the method goes on."""
    slack = FakeSlack()
    scope = SLACKS[name][2]
    without = slack.world.install("T1", scopes=("commands", "pins:read")).value
    refused = ask(slack, name, without, **GOOD)
    assert (refused["error"], refused["needed"]) == ("missing_scope", scope)
    assert refused["provided"] == refused["headers"]["X-OAuth-Scopes"] == "commands,pins:read"
    assert refused["headers"]["X-Accepted-OAuth-Scopes"] == scope
    with_it = slack.world.install("T1", scopes=(scope,)).value
    assert ask(slack, name, with_it, **GOOD).get("error") != "missing_scope"


@pytest.mark.parametrize(("name", "missing"), [(name, one) for name, needs in NEEDS.items() for one in needs])
def test_what_a_method_needs_it_asks_for(name, missing):
    """Named in response_metadata, whether it is null, empty or a list of nothing."""
    slack = FakeSlack()
    good = GOOD | {"ts": "1.1", "timestamp": "1.1", "message_ts": "1.1"}
    for left_out in (None, "", []):
        args = {key: good[key] for key in (*NEEDS[name], "status")} | {missing: left_out}
        answer = ask(slack, name, **args)
        assert answer["error"] == "invalid_arguments", answer
        assert answer["response_metadata"]["messages"] == [f"[ERROR] missing required field: {missing}"]


@pytest.mark.parametrize("name", [name for name, (tier, _, _) in SLACKS.items() if tier])
def test_each_method_stops_at_its_tier(name):
    """So many calls a minute of a token, whatever comes of them; then 429 and for how long; then it goes on."""
    clock = SteppedClock()
    small = {1: 1, 2: 2, 3: 3, 4: 4}
    slack = FakeSlack(clock=clock, limits=Limits(tiers=small))
    tier, kinds, _ = SLACKS[name]
    token = slack.app_token if kinds == APPS else slack.bot_token
    most = small[tier]
    for _ in range(most):
        assert ask(slack, name, token)["status"] == 200
        slack.world.tokens[token].revoked = False
        clock.step(1)
    stopped = ask(slack, name, token)
    assert (stopped["status"], stopped["error"]) == (429, "ratelimited")
    assert stopped["headers"]["Retry-After"] == str(60 - most)
    clock.step(60 - most)
    assert ask(slack, name, token)["status"] == 200
    assert sum(slack.limited.values()) == 1


def test_the_tiers_are_slacks():
    """One, twenty, fifty and a hundred calls a minute; these are what limits begin with."""
    assert TIERS == {1: 1, 2: 20, 3: 50, 4: 100} == Limits().tiers
    assert Limits().tiers is not TIERS


@pytest.mark.parametrize("name", ["chat.postmessage", "chat", "", "users.info/", "admin.users.list"])
def test_what_is_no_method_is_said_to_be_none(name):
    """With the name that was asked for; it is recorded, and nobody's token is looked at."""
    slack = FakeSlack()
    answer = ask(slack, name, "xoxb-no")
    assert (answer["error"], answer["req_method"]) == ("unknown_method", name)
    assert [call.method for call in slack.calls] == [name]
