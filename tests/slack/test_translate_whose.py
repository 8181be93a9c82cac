"""Which installation of the app it is for that Slack sends."""

from typing import Any

import pytest

from interfaces.slack.posted import Posted
from interfaces.slack.translate import translated, whose
from tests.slack import payloads
from tests.slack.payloads import CHANNEL, ORG, TEAM, USER, authorization, envelope, message, pressed
from tests.slack.test_translate import HTTP, has

WHOLE: dict[str, Any] = {"enterprise": {"id": ORG, "name": "Org"}, "is_enterprise_install": True}
OF_ORG = {"id": TEAM, "domain": "x", "enterprise_id": ORG, "enterprise_name": "Org"}
WHOSE: list[tuple[dict[str, Any], tuple[str | None, str | None, bool]]] = [
    (envelope(message()), (TEAM, None, False)),
    (envelope(message(), authorizations=[]), (TEAM, None, False)),
    (envelope(message(), authorizations=[], enterprise_id=ORG), (TEAM, ORG, False)),
    # Slack Connect: it is for the workspace that has authorized it, which is not the one where it was said
    (
        envelope(message(), team_id="TOTHER", enterprise_id="EOTHER", is_ext_shared_channel=True),
        (TEAM, None, False),
    ),
    (envelope(message(), authorizations=[authorization(enterprise_id=ORG)]), (TEAM, ORG, False)),
    (
        envelope(
            message(),
            authorizations=[authorization(team_id=None, enterprise_id=ORG, is_enterprise_install=True)],
        ),
        (None, ORG, True),
    ),
    (payloads.command(), (TEAM, None, False)),
    (payloads.command(enterprise_id=ORG, enterprise_name="Org"), (TEAM, ORG, False)),
    (payloads.command(enterprise_id=ORG, is_enterprise_install="true"), (TEAM, ORG, True)),
    (payloads.action(), (TEAM, None, False)),
    (payloads.action(**WHOLE), (TEAM, ORG, True)),
    (payloads.action(team=None, **WHOLE), (TEAM, ORG, True)),
    (payloads.action(team=None, user={"id": USER}, **WHOLE), (None, ORG, True)),
    (payloads.submitted(team=OF_ORG), (TEAM, ORG, False)),
    # a modal that somebody of another workspace has opened in a shared channel
    (payloads.submitted(team={"id": "TOTHER", "domain": "x"}), (TEAM, None, False)),
    (payloads.submitted(view=payloads.view(app_installed_team_id=None)), (TEAM, None, False)),
    (pressed("view_closed", team=None, user={"id": USER}, view={"team_id": TEAM}), (TEAM, None, False)),
    (pressed("shortcut", team=None, user={"id": USER, "team_id": TEAM}), (TEAM, None, False)),
    ({}, (None, None, False)),
]


@pytest.mark.parametrize(("payload", "found"), WHOSE)
def test_which_installation_it_is_for(
    payload: dict[str, Any], found: tuple[str | None, str | None, bool]
) -> None:
    """Workspaces, organisations with and without a team, shared channels and modals that were opened elsewhere."""
    assert whose(payload) == found


@pytest.mark.parametrize(("payload", "found"), [row for row in WHOSE if row[0]])
def test_the_scope_says_which_installation(
    payload: dict[str, Any], found: tuple[str | None, str | None, bool]
) -> None:
    """The team's id, or the organisation's when it is for all of that; accounts and conversations are of it."""
    kind: Any = "event" if "event" in payload else "command" if "command" in payload else "interactive"
    scope = translated(Posted(kind=kind, payload=payload), HTTP).scope
    team, enterprise, whole = found
    home = enterprise if whole else team
    assert has(scope, team_id=team, enterprise_id=enterprise, is_enterprise_install=whole, installation=home)
    assert scope["account"] == f"{home}/{USER}"
    assert scope["conversation"] == (f"{home}/{CHANNEL}/" if kind == "event" else None)
