"""Errors as Discord's API answers them: "Error Messages" in its reference, and its page of JSON error codes."""

from __future__ import annotations

from tests.standins.discord.state.objects import Json

CODES = {
    0: (404, "404: Not Found"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20012: (403, "You are not authorized to perform this action on this application"),
    30003: (400, "Maximum number of pins reached for the channel (250)"),
    30010: (400, "Maximum number of reactions reached (20)"),
    40005: (413, "Request entity too large"),
    40058: (400, "Cannot send a message in a forum channel"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50003: (400, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50016: (400, "Provided too few or too many messages to delete."),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50033: (400, "Invalid Recipient(s)"),
    50034: (400, "You can only bulk delete messages that are under 14 days old."),
    50041: (400, "Invalid API version"),
    50068: (400, "Invalid message type"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    110000: (202, "Index not yet available. Try again later"),
    160002: (403, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
    160014: (400, "You cannot forward a message whose content you cannot read."),
}  # fmt: skip


class ApiError(Exception):
    """*code*: Discord's. *errors*: the tree of an invalid form. *more*: other fields of the body."""

    def __init__(self, code: int, *, errors: Json | None = None, more: Json | None = None) -> None:
        super().__init__(code)
        self.code, self.errors, self.more = code, errors, more or {}

    @property
    def status(self) -> int:
        return 400 if self.errors is not None else CODES[self.code][0]

    def body(self) -> Json:
        if self.errors is not None:
            return {"message": "Invalid Form Body", "code": 50035, "errors": self.errors}
        return {"message": CODES[self.code][1], "code": self.code} | self.more


def invalid(path: str, code: str, message: str) -> ApiError:
    """An invalid form with one error at *path*, such as `embeds.0.title`; an empty path is the form itself."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for step in reversed(path.split(".") if path else []):
        errors = {step: errors}
    return ApiError(50035, errors=errors)


UNAUTHORIZED: Json = {"message": "401: Unauthorized", "code": 0}
NOT_FOUND: Json = {"message": "404: Not Found", "code": 0}
WRONG_METHOD: Json = {"message": "405: Method Not Allowed", "code": 0}
