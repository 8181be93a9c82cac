"""What an application sees and says for Slack: the scope ``slack``, one event, command, action, view or shortcut.

The types are for annotations and for the reference, which is made of them; at run time these are plain dicts.
Source: api.slack.com, "Events API", "Socket Mode", "Interaction payloads", "Slash commands".
"""

from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["SCOPES", "SlackAction", "SlackCommand", "SlackEvent", "SlackMessage", "SlackScope", "SlackView"]


class AsgiVersions(TypedDict):
    """Which contract a scope follows."""

    version: Literal["3.0"]
    spec_version: Literal["1.0"]


class SlackScope(TypedDict):
    """One thing that Slack tells."""

    type: Literal["slack"]
    asgi: AsgiVersions
    transport: Literal["http", "socket"]
    app_id: str | None
    team_id: str | None
    enterprise_id: str | None
    is_enterprise_install: bool
    installation: str
    """Which installation of the app it is for: the team's id, else the enterprise's."""
    channel: str | None
    """The id of the conversation that it happened in."""
    user: str | None
    """The id of who did it; with an identity middleware the user of the project."""
    account: str | None
    """"team/user", or "enterprise/user" where an organisation has the app: one person, for an identity middleware."""
    path: str
    """message, event/reaction_added, command/deploy, action/ACTION_ID, options/ACTION_ID, view/CALLBACK_ID,
    view_closed/CALLBACK_ID, shortcut/CALLBACK_ID."""
    conversation: str | None
    """"installation/channel/thread" of an event in a channel: its deliveries come one after the other."""
    client: tuple[str, int | None] | None
    server: tuple[str, int | None] | None
    state: dict[str, Any]
    """A shallow copy of what the lifespan left."""
    extensions: dict[str, Any]


class _Inbound(TypedDict):
    """What every event has."""

    id: str
    """Slack's: of an event its event_id, else the trigger's."""
    dedupe_key: str
    """"slack:APP:ID": the same for each try."""
    attempt: int
    """1, 2 …: which try of Slack's, or of ours."""
    received_at: float
    """Unix seconds."""
    reply_channel: NotRequired[str]
    """Where there is a layer."""
    team_id: str | None
    channel: str | None
    user: str | None


class _Event(_Inbound):
    """What comes of the Events API."""

    event_id: str
    event: dict[str, Any]
    """As Slack sent it."""
    authorizations: list[dict[str, Any]]
    envelope: dict[str, Any]
    """What came around the event, as Slack sent it: event_context, is_ext_shared_channel, context_team_id …"""
    is_self: bool
    """Whether this app did it: its own messages, and what its own user did."""
    retry_num: int
    """Of Slack's: 0 for the first try."""
    retry_reason: str | None


class SlackMessage(_Event):
    """In: a message in a conversation: the event ``message``, whatever its subtype."""

    type: Literal["slack.message"]
    channel_type: str | None
    """channel, group, im, mpim or app_home."""
    bot_id: str | None
    text: str
    ts: str
    """Its name within its channel; of an edited or deleted message that message's."""
    thread_ts: str | None
    subtype: str | None
    blocks: list[dict[str, Any]]
    files: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    edited: dict[str, Any] | None
    mentions: list[str]
    """Ids of users that the text names."""


class SlackEvent(_Event):
    """In: all else of the Events API: app_mention, reaction_added, app_home_opened, app_uninstalled and so on."""

    type: Literal["slack.event"]
    event_type: str


class _Interactive(_Inbound):
    """What a person has begun, who waits for it."""

    payload: dict[str, Any]
    """As Slack sent it."""
    trigger_id: str | None
    """Opens a view within 3 s."""
    response_url: str | None
    """Answers to it within 30 minutes, five times."""
    ack_deadline: float
    """Unix seconds until which slack.ack can carry an answer; then an empty one leaves."""


class SlackCommand(_Interactive):
    """In: a slash command."""

    type: Literal["slack.command"]
    command: str
    """With its slash: "/deploy"."""
    text: str


class SlackAction(_Interactive):
    """In: something in a message or view was used."""

    type: Literal["slack.action"]
    kind: str
    """block_actions or interactive_message."""
    action_id: str
    """Of the first action."""
    block_id: str
    value: Any
    """What was chosen in the first action: a text, a list of texts, or None."""
    actions: list[dict[str, Any]]
    state: dict[str, Any]
    """block_id → action_id → element, as Slack says it."""
    values: dict[str, Any]
    """action_id → what stands in it, of all inputs."""
    container: dict[str, Any]
    message: dict[str, Any] | None
    view: dict[str, Any] | None


class SlackShortcut(_Interactive):
    """In: a shortcut of the app, or of a message."""

    type: Literal["slack.shortcut"]
    kind: str
    """shortcut or message_action."""
    callback_id: str
    message: dict[str, Any] | None


class SlackView(_Interactive):
    """In: a view was submitted or closed."""

    type: Literal["slack.view"]
    kind: str
    """view_submission or view_closed."""
    callback_id: str
    private_metadata: str
    hash: str
    state: dict[str, Any]
    values: dict[str, Any]
    """action_id → what stands in it."""
    view: dict[str, Any]
    response_urls: list[dict[str, Any]]


class SlackOptions(_Interactive):
    """In: a menu asks what can be chosen: answer slack.ack with options or option_groups."""

    type: Literal["slack.options"]
    action_id: str
    block_id: str
    value: str
    """What was typed."""


class SlackResult(TypedDict):
    """In: what became of a message that the application has sent."""

    type: Literal["slack.result"]
    id: str
    ok: bool
    final: bool
    """False: it is tried again, and another result comes."""
    error: str
    """Slack's word for it, or ours; "" when it worked."""
    status: Literal["sent", "deferred", "failed", "uncertain"]
    channel: NotRequired[str]
    ts: NotRequired[str]
    """Of the (first) message that was posted; parts that a long text was split into are in ``parts``."""
    parts: NotRequired[list[str]]
    retry_after: NotRequired[float]
    response: NotRequired[dict[str, Any]]
    """Slack's, of a slack.call and of views."""


class SlackAck(TypedDict):
    """Out: acknowledge now, with what stands in it; the application may go on. Once a scope; then it is accepted."""

    type: Literal["slack.ack"]
    payload: NotRequired[dict[str, Any] | str]
    """The answer as Slack wants it, or a text; these keys are put into it:"""
    text: NotRequired[str]
    blocks: NotRequired[list[dict[str, Any]]]
    response_type: NotRequired[Literal["ephemeral", "in_channel"]]
    response_action: NotRequired[Literal["errors", "update", "push", "clear"]]
    view: NotRequired[dict[str, Any]]
    errors: NotRequired[dict[str, str]]
    options: NotRequired[list[dict[str, Any]]]
    option_groups: NotRequired[list[dict[str, Any]]]


class SlackAccept(TypedDict):
    """Out: acknowledge now; as a normal end without a word, only earlier."""

    type: Literal["slack.accept"]


class SlackReject(TypedDict):
    """Out: refuse it for good: Slack is not to repeat it."""

    type: Literal["slack.reject"]
    text: NotRequired[str]


class SlackDefer(TypedDict):
    """Out: have Slack try again (1 and 5 minutes later); of what it never repeats the person is told that it failed."""

    type: Literal["slack.defer"]


class _Outgoing(TypedDict):
    """What everything that is sent may have."""

    id: NotRequired[str]
    dedupe_key: NotRequired[str]
    team_id: NotRequired[str]
    """Which installation sends it; in a scope that of the scope, with one installation that."""
    enterprise_id: NotRequired[str]
    reply_channel: NotRequired[str]
    not_before: NotRequired[float]
    expires: NotRequired[float]


class SlackSend(_Outgoing):
    """Out: post a message; a text beyond 4,000 characters in parts."""

    type: Literal["slack.send"]
    channel: str
    text: NotRequired[str]
    blocks: NotRequired[list[dict[str, Any]]]
    attachments: NotRequired[list[dict[str, Any]]]
    thread_ts: NotRequired[str]
    reply_broadcast: NotRequired[bool]
    ephemeral_user: NotRequired[str]
    """Only this user sees it."""
    metadata: NotRequired[dict[str, Any]]
    unfurl_links: NotRequired[bool]
    unfurl_media: NotRequired[bool]
    mrkdwn: NotRequired[bool]
    username: NotRequired[str]
    icon_emoji: NotRequired[str]
    icon_url: NotRequired[str]
    post_at: NotRequired[int]
    """Unix seconds: Slack posts it then."""


class SlackRespond(_Outgoing):
    """Out: answer to a response_url."""

    type: Literal["slack.respond"]
    response_url: str
    text: NotRequired[str]
    blocks: NotRequired[list[dict[str, Any]]]
    response_type: NotRequired[Literal["ephemeral", "in_channel"]]
    replace_original: NotRequired[bool]
    delete_original: NotRequired[bool]
    thread_ts: NotRequired[str]


class SlackUpdate(_Outgoing):
    """Out: change a message."""

    type: Literal["slack.update"]
    channel: str
    ts: str
    text: NotRequired[str]
    blocks: NotRequired[list[dict[str, Any]]]
    attachments: NotRequired[list[dict[str, Any]]]


class SlackDelete(_Outgoing):
    """Out: delete a message."""

    type: Literal["slack.delete"]
    channel: str
    ts: str


class SlackReact(_Outgoing):
    """Out: add a reaction, or take it away."""

    type: Literal["slack.react"]
    channel: str
    ts: str
    name: str
    remove: NotRequired[bool]


class SlackUpload(_Outgoing):
    """Out: upload files, by files.getUploadURLExternal and files.completeUploadExternal."""

    type: Literal["slack.upload"]
    channel: NotRequired[str]
    thread_ts: NotRequired[str]
    files: list[dict[str, Any]]
    """Each {filename, content (bytes or str), title, alt_text, snippet_type}."""
    initial_comment: NotRequired[str]


class SlackViews(_Outgoing):
    """Out: open, push, change or publish a view."""

    type: Literal["slack.open_view", "slack.push_view", "slack.update_view", "slack.publish_view"]
    view: dict[str, Any]
    trigger_id: NotRequired[str]
    view_id: NotRequired[str]
    external_id: NotRequired[str]
    hash: NotRequired[str]
    user_id: NotRequired[str]


class SlackThread(_Outgoing):
    """Out: an assistant's thread: its status, prompts and title, or a text that is streamed into it."""

    type: Literal["slack.status", "slack.prompts", "slack.title", "slack.stream"]
    channel: str
    thread_ts: str
    status: NotRequired[str]
    title: NotRequired[str]
    prompts: NotRequired[list[dict[str, str]]]
    text: NotRequired[str]
    """slack.stream: Markdown to append."""
    ts: NotRequired[str]
    """slack.stream: of the message to append to; a new one without."""
    stop: NotRequired[bool]
    """slack.stream: it is complete."""


class SlackCall(_Outgoing):
    """Out: call any method of the Web API."""

    type: Literal["slack.call"]
    method: str
    """"conversations.info"."""
    args: NotRequired[dict[str, Any]]


SCOPES: dict[type, tuple[type, ...]] = {
    SlackScope: (
        SlackMessage,
        SlackEvent,
        SlackCommand,
        SlackAction,
        SlackShortcut,
        SlackView,
        SlackOptions,
        SlackAck,
        SlackAccept,
        SlackReject,
        SlackDefer,
        SlackSend,
        SlackRespond,
        SlackUpdate,
        SlackDelete,
        SlackReact,
        SlackUpload,
        SlackViews,
        SlackThread,
        SlackCall,
        SlackResult,
    )
}
"""Each scope with the messages that may pass in it."""
