"""The objects that all replies of a workspace share: calls, limits, known features. The adapter makes them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.reply.answer_file import FileSettings
from bot.platforms.slack.reply.fallbacks import MessageFeatures
from bot.platforms.slack.reply.streams import Streams
from bot.platforms.slack.status.status import SlackStatus


@dataclass(frozen=True, slots=True)
class ReplyServices:
    api: SlackApi
    streams: Streams
    features: MessageFeatures
    files: FileSettings
    status: SlackStatus
