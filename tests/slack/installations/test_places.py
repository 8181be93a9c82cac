"""Where an installation is looked for, whoever asks and whatever a store has; one token likewise."""

import asyncio
from itertools import product

import pytest

from interfaces.slack.installations.base import Installation
from interfaces.slack.installations.many import FRESH, MISSED, Many, _Ask, _places
from interfaces.slack.installations.records import Place, Record, is_id
from interfaces.slack.installations.single import Single, _installation
from interfaces.slack.installations.stores import Store
from interfaces.slack.options import SlackOptions
from tests.slack.installations.kit import Kept, Readiness, granted, options

ONE = {"signing_secret": ("s",), "bot_token": "xoxb-1", "api_url": "http://127.0.0.1:9/api/"}
TEAM, OWN, WHOLE = Place(None, "T1"), Place("E1", "T1"), Place("E1", None)


def store(*places):
    """What has an installation at each of these places; its token says where."""
    return Kept(
        *(
            granted(
                place.team_id, enterprise_id=place.enterprise_id, is_enterprise_install=place.team_id is None,
                bot_token=f"xoxb-{place.enterprise_id}-{place.team_id}",
            )
            for place in places
        )
    )  # fmt: skip


def many(kept, clock=lambda: 0.0):
    """Many over it."""
    return Many(options(installations="memory"), Readiness().context, Store(kept), clock=clock)


def found(kept, *asks):
    """The tokens that are found for (team, enterprise, whole), one ask after the other; None for nobody."""

    async def main():
        them, tokens = many(kept), []
        for team, enterprise, whole in asks:
            one = await them.find(team, enterprise, is_enterprise_install=whole)
            tokens.append(one and one.token)
        return tokens

    return asyncio.run(main())


ORDER = [
    (("T1", None, False), [TEAM]),
    (("T1", "E1", False), [OWN, WHOLE, TEAM]),
    (("T1", "E1", True), [WHOLE, OWN, TEAM]),
    ((None, "E1", False), [WHOLE]),
    ((None, "E1", True), [WHOLE]),
    (("T1", None, True), [TEAM]),
    ((None, None, False), []),
    ((None, None, True), []),
]


@pytest.mark.parametrize(("ask", "places"), ORDER)
def test_the_places_that_are_looked_at(ask, places):
    """The team's own first, the organisation's first where Slack says so, last the team as it was before."""
    assert [*_places(_Ask(*ask))] == places


@pytest.mark.parametrize(("ask", "places"), ORDER)
def test_the_first_that_there_is_is_found(ask, places):
    """Whatever else the store has: of each combination of the three."""
    for there in product((True, False), repeat=3):
        kept = [place for place, here in zip((TEAM, OWN, WHOLE), there, strict=True) if here]
        first = next((place for place in places if place in kept), None)
        token = first and f"xoxb-{first.enterprise_id}-{first.team_id}"
        assert found(store(*kept), ask) == [token], kept


@pytest.mark.parametrize(
    ("place", "key", "team", "whole"),
    [(TEAM, "T1", "T1", False), (OWN, "T1", "T1", False), (WHOLE, "E1", None, True)],
)
def test_an_installation_says_whose_it_is(place, key, team, whole):
    """Its key is the team's, or the organisation's where all of it has the app."""

    async def main():
        return await many(store(place)).find("T1", place.enterprise_id, is_enterprise_install=whole)

    one = asyncio.run(main())
    assert (one.key, one.team_id, one.is_enterprise_install) == (key, team, whole)
    assert (one.enterprise_id, one.app_id, one.bot_id) == (place.enterprise_id, "A1", "B1")


@pytest.mark.parametrize("name", ["t1", "../T1", "T1/..", "", "T" * 33, "T 1", "T1\n", "T%31"])
def test_what_is_no_id_is_looked_for_nowhere(name):
    """Stores make names of files of them; an empty one is none at all."""
    kept = store(TEAM)
    assert not is_id(name)
    assert found(kept, (name, None, False), (name, name, True), ("T1", name or "e", False)) == [None] * 3
    assert kept.calls == []


@pytest.mark.parametrize("empty", [None, ""])
def test_nothing_is_as_empty(empty):
    """Slack has null in some payloads and "" in others: that is one question, and remembered as one."""
    kept = store(TEAM)
    assert found(kept, ("T1", empty, False), ("T1", None, False)) == ["xoxb-None-T1"] * 2
    assert kept.calls.count("find_bot") == 1


@pytest.mark.parametrize(("there", "seconds"), [(True, FRESH), (False, MISSED)])
def test_an_answer_is_remembered_for_its_time(there, seconds):
    """One that there is for longer than one that there is not; to the second."""
    kept, now = store(*[TEAM] * there), [0.0]

    async def main():
        them = many(kept, lambda: now[0])
        looks = []
        for at in (0.0, seconds - 0.01, seconds, 2 * seconds - 0.01, 2 * seconds):
            now[0] = at
            assert (await them.find("T1") is not None) is there
            looks.append(kept.calls.count("find_bot"))
        return looks

    assert asyncio.run(main()) == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("forget", "looks"),
    [
        (("T1", None), [("T1", None), ("T1", "E1")]),
        (("T2", None), [("T2", "E1")]),
        ((None, "E1"), [("T1", "E1"), ("T2", "E1"), (None, "E1")]),
        (("T1", "E1"), [("T1", None), ("T1", "E1"), ("T2", "E1"), (None, "E1")]),
        ((None, None), []),
        (("T9", "E9"), []),
    ],
)
def test_what_has_changed_is_looked_for_anew(forget, looks):
    """All that is of the team or of the organisation; the rest is remembered on."""
    asks = [("T1", None), ("T1", "E1"), ("T2", "E1"), (None, "E1"), ("T3", "E2")]
    kept = store(TEAM, WHOLE)

    async def main():
        them = many(kept)
        for ask in asks:
            await them.find(*ask)
        them.forget(*forget)
        anew = []
        for ask in asks:
            before = len(kept.calls)
            await them.find(*ask)
            if len(kept.calls) > before:
                anew.append(ask)
        return anew

    assert asyncio.run(main()) == looks


@pytest.mark.parametrize(
    ("bot", "user", "token"),
    [
        ("xoxb-1", None, "xoxb-1"),
        ("xoxb-1", "xoxp-1", "xoxb-1"),
        (None, "xoxp-1", "xoxp-1"),
        ("", "xoxp-1", "xoxp-1"),
        (None, None, None),
        ("", "", None),
    ],
)
def test_the_token_of_a_record(bot, user, token):
    """The bot's, else the user's, else there is no installation."""
    made = granted(bot_token="xoxb-old", user_token=user)
    of_bot = granted(bot_token=bot).to_bot() if bot is not None else None
    one = Record(of_bot, made).installation()
    assert (one and one.token) == token
    if one is not None:
        assert one.user_token == (user or "")
        assert one.bot_id == ("B1" if token == bot else None)
        assert token not in repr(one) and token not in repr(Record(of_bot, made))


def known(single, **said):
    """One token, of which auth.test has said this."""
    single._known = _installation("xoxb-1", {"ok": True, "bot_id": "B1", "user_id": "UBOT", **said})
    return single


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (
            {"team_id": "T1"},
            {
                (None, None): True,
                ("T1", None): True,
                ("T1", "E1"): True,
                ("T2", None): False,
                (None, "E1"): True,
            },
        ),
        (
            {"team_id": "T1", "enterprise_id": "E1"},
            {(None, None): True, ("T1", "E1"): True, ("T1", None): True, ("T2", "E1"): False},
        ),
        (
            {"team_id": "E1", "enterprise_id": "E1", "is_enterprise_install": True},
            {
                (None, None): True,
                ("T1", "E1"): True,
                ("T2", "E1"): True,
                ("T1", None): True,
                ("T1", "E2"): False,
            },
        ),
    ],
)
def test_one_token_is_for_its_own(said, asks):
    """Its team, or all teams of its organisation; and for who names none."""

    async def main():
        single = known(Single(SlackOptions(**ONE), Readiness().context), **said)
        for (team, enterprise), there in asks.items():
            for whole in (True, False):
                one = await single.find(team, enterprise, is_enterprise_install=whole)
                assert (one is not None) is there, (team, enterprise)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("token", "said", "found"),
    [
        ("xoxb-1", {"team_id": "T1"}, {"key": "T1", "team_id": "T1", "user_token": ""}),
        ("xoxp-1", {"team_id": "T1"}, {"key": "T1", "user_token": "xoxp-1"}),
        ("xoxe.xoxp-1", {"team_id": "T1"}, {"user_token": "xoxe.xoxp-1"}),
        ("xoxe.xoxb-1", {"team_id": "T1"}, {"user_token": ""}),
        (
            "xoxb-1",
            {"team_id": "E1", "enterprise_id": "E1", "is_enterprise_install": True},
            {"key": "E1", "team_id": None, "enterprise_id": "E1", "is_enterprise_install": True},
        ),
        ("xoxb-1", {"team_id": "T1", "enterprise_id": "E1"}, {"key": "T1", "enterprise_id": "E1"}),
        ("xoxb-1", {}, {"key": "", "team_id": None, "bot_id": None}),
    ],
)
def test_what_slack_says_of_a_token(token, said, found):
    """Its ids, as they are needed; a person's token is theirs, too."""
    one = _installation(token, said)
    assert isinstance(one, Installation) and one.token == token
    assert {name: getattr(one, name) for name in found} == found


@pytest.mark.parametrize(
    ("users", "asks"), [(None, True), (["UBOT"], True), (["U1", "UBOT"], True), (["U1"], False), ([], False)]
)
def test_one_token_that_was_revoked_is_asked_about(users, asks):
    """If it is the bot's, or the app was taken away; until Slack has said it nobody is found."""

    async def main():
        ready = Readiness()
        single = known(Single(SlackOptions(**ONE), ready.context), team_id="T1")
        await single.removed("T1", None, users)
        gone = single._known is None
        await single.close()
        return gone, [one[:2] for one in ready.said]

    gone, said = asyncio.run(main())
    assert gone is asks
    assert said == ([("slack.token", False)] if asks else [])
