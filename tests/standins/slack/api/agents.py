"""
The app as an agent in the Slack stand-in: its sessions, statuses, titles and suggested prompts.

A session's status stays until it is changed, but "processing" ends after an hour; an assistant's status vanishes after
two minutes, or with the next message. Knows nothing of bot/.
"""

from __future__ import annotations

from tests.standins.slack.workspace import Channel, Json, Message, Method, Session, SlackError, Workspace

STATUSES = ("active", "processing", "suspended", "closed")
PROCESSING_SECONDS, STATUS_SECONDS = 3_600.0, 120.0
TITLE_LIMIT, LOADING_LIMIT, LOADING_LENGTH, PROMPTS_LIMIT = 200, 10, 50, 4


class Agents:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._since: dict[tuple[str, str], float] = {}  # when an assistant's status was set
        self.methods: dict[str, Method] = {
            "agents.sessions.setStatus": self._set_session,
            "agents.sessions.rename": self._rename,
            "assistant.threads.setStatus": self._set_status,
            "assistant.threads.setTitle": self._set_title,
            "assistant.threads.setSuggestedPrompts": self._set_prompts,
        }

    def session(self, channel: str, thread: str) -> str | None:
        """The status of a session as people see it now; None where there is none."""
        session = self._workspace.channels[channel].sessions.get(thread)
        if session is None:
            return None
        over = self._workspace.clock() - session.since >= PROCESSING_SECONDS
        return "active" if session.status == "processing" and over else session.status

    def status(self, channel: str, thread: str) -> str:
        """An assistant's status as people see it now; empty where there is none."""
        at = self._since.get((channel, thread), 0.0)
        visible = self._workspace.clock() - at < STATUS_SECONDS
        return self._workspace.channels[channel].statuses.get(thread, "") if visible else ""

    def enter(self, message: Message, status: str) -> None:
        """What a stream does to the session of its thread, where there are sessions."""
        if self._workspace.has_sessions:
            channel = self._workspace.channels[message.channel]
            self._put(channel, message.thread_ts or message.ts, status)

    def _set_session(self, arguments: Json) -> Json:
        channel, thread = self._session_place(arguments)
        status, title = session_status(arguments.get("status")), arguments.get("title", "")
        if len(title) > TITLE_LIMIT:
            raise SlackError("invalid_arguments")
        initiator = arguments.get("initiator_user_id")
        if initiator is not None and initiator not in self._workspace.users:
            raise SlackError("user_not_found")
        session = self._put(channel, thread, status, title, initiator)
        answer: Json = {"status": session.status, "agent_status": session.status, "title": session.title}
        if not self._workspace.hears_stops:
            answer["warning"] = "missing_agent_session_stopped_event_subscription"
        return answer

    def _rename(self, arguments: Json) -> Json:
        channel, thread = self._session_place(arguments)
        title = arguments.get("title")
        if not isinstance(title, str) or not 0 < len(title) <= TITLE_LIMIT:
            raise SlackError("invalid_arguments")
        if thread not in channel.sessions:
            raise SlackError("session_not_found")
        channel.sessions[thread].title = title
        return {"title": title}

    def _put(
        self, channel: Channel, thread: str, status: str, title: str = "", initiator: str | None = None
    ) -> Session:
        """The session of a thread, new or changed; title and initiator are a new one's only."""
        session = channel.sessions.setdefault(thread, Session(status, title, 0.0, initiator))
        session.status, session.since = status, self._workspace.clock()
        return session

    def _session_place(self, arguments: Json) -> tuple[Channel, str]:
        self._workspace.require("chat:write")
        if not self._workspace.has_sessions:
            raise SlackError("feature_disabled")
        if not self._workspace.is_agent:
            raise SlackError("not_agent_app")
        return self._place(arguments, "thread_not_found")

    def _place(self, arguments: Json, refusal: str) -> tuple[Channel, str]:
        """The channel and the root of the thread that are named; *refusal* where there is no such thread."""
        channel, thread = self._workspace.channel(arguments.get("channel_id")), arguments.get("thread_ts")
        if not channel.has_bot:
            raise SlackError("channel_not_found")
        if thread is None:
            raise SlackError("invalid_arguments")
        if not isinstance(thread, str) or not channel.thread(thread):
            raise SlackError(refusal)
        return channel, thread

    def _set_status(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        self._workspace.channel(arguments.get("channel_id"))
        if not self._workspace.is_agent:
            raise SlackError("not_agent_app")
        channel, thread = self._place(arguments, "invalid_thread_ts")
        status, loading = arguments.get("status"), arguments.get("loading_messages") or []
        if not isinstance(status, str) or not isinstance(loading, list):
            raise SlackError("invalid_arguments")
        if len(loading) > LOADING_LIMIT or any(len(message) > LOADING_LENGTH for message in loading):
            raise SlackError("invalid_arguments")
        channel.statuses.pop(thread, None)
        if status:
            channel.statuses[thread], self._since[channel.id, thread] = status, self._workspace.clock()
        return {}

    def _set_title(self, arguments: Json) -> Json:
        self._workspace.require("assistant:write")
        channel, thread = self._place(arguments, "invalid_thread_ts")
        if not isinstance(arguments.get("title"), str) or not arguments["title"]:
            raise SlackError("invalid_arguments")
        channel.titles[thread] = arguments["title"]
        return {}

    def _set_prompts(self, arguments: Json) -> Json:
        self._workspace.require("assistant:write")
        if not self._workspace.is_agent:
            raise SlackError("not_agent_app")
        channel, prompts = self._workspace.channel(arguments.get("channel_id")), arguments.get("prompts")
        if channel.kind != "im" or not isinstance(prompts, list) or not 0 < len(prompts) <= PROMPTS_LIMIT:
            raise SlackError("invalid_arguments")
        if any(not prompt.get("title") or not prompt.get("message") for prompt in prompts):
            raise SlackError("invalid_arguments")
        channel.prompts[arguments.get("thread_ts") or ""] = prompts
        return {}


def session_status(status: object) -> str:
    if status not in STATUSES:
        raise SlackError("invalid_arguments")
    return str(status)
