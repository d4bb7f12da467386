"""
The errors that someone reacts to. Doors translate their SDK's exceptions into these.

None of them carries a token or a message's text: what str() gives may be logged. Users never see it; they read a
sentence from texts/.
"""

from __future__ import annotations

from enum import StrEnum


class BotError(Exception):
    """The base of all that this package raises on purpose."""


class SettingsError(BotError):
    """The settings cannot be used; the message names every problem and what to do, one a line."""


class ModelProblem(StrEnum):
    """Why a model gave no answer. The passing ones may go away by themselves."""

    RATE_LIMITED = "model_rate_limited"
    UNAVAILABLE = "model_unavailable"  # 5xx, no connection
    CERTIFICATE = "model_certificate"  # it is not accepted here
    PROXY = "model_proxy"  # it does not open the way
    TIMEOUT = "model_timeout"  # no byte for too long
    CUT = "model_cut"  # the connection or the stream broke off
    QUOTA = "model_quota"
    AUTH = "model_auth"
    NOT_FOUND = "model_not_found"
    ADDRESS = "model_address"  # what answers there is no model server
    CONTEXT_LENGTH = "model_context_length"
    IMAGES = "model_images"  # it was sent some and sees none
    BAD_REQUEST = "model_bad_request"

    @property
    def passing(self) -> bool:
        return self in (self.RATE_LIMITED, self.UNAVAILABLE, self.CERTIFICATE, self.PROXY, self.TIMEOUT, self.CUT)


class ModelError(BotError):
    """A call of the model ended without an answer."""

    def __init__(
        self,
        problem: ModelProblem,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        limit: int | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(f"{problem.value}: {detail}" if detail else problem.value)
        self.problem = problem
        self.detail = detail
        self.remedy = remedy  # for operators, of a problem on the way to the server
        self.status = status  # HTTP
        self.retry_after = retry_after  # seconds, as the server asked
        self.limit = limit  # tokens: the context window, where a CONTEXT_LENGTH error names it


class PlatformError(BotError):
    """A chat platform refused or did not answer. *passing*: the same call may succeed later."""

    def __init__(
        self, code: str, *, passing: bool, retry_after: float | None = None, detail: str = "", remedy: str = ""
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.detail = detail  # what went wrong on the way, for operators
        self.remedy = remedy  # what to do about that
        self.code = code  # the platform's own, e.g. Slack's channel_not_found
        self.passing = passing
        self.retry_after = retry_after  # seconds


class UncertainError(PlatformError):
    """Nobody knows whether the platform carried the call out: a post must be looked for before it is made again."""

    def __init__(self, code: str, retry_after: float | None = None, *, detail: str = "", remedy: str = "") -> None:
        super().__init__(code, passing=True, retry_after=retry_after, detail=detail, remedy=remedy)


class ReplyDeleted(PlatformError):  # noqa: N818 - a fact, as in StopIteration
    """Somebody has deleted what we were writing: nobody wants it again."""

    def __init__(self, code: str) -> None:
        super().__init__(code, passing=False)


class LedgerError(BotError):
    """The database could not be read or written just now; nothing of the operation happened."""


class LedgerGoneError(LedgerError):
    """The database is no longer where it was: what is written now nobody will find. Only a new start helps."""


class LeaseLost(BotError):  # noqa: N818 - a fact, as in StopIteration
    """Another worker owns the turn by now: whoever sees this stops, without another word."""
