"""
The errors that some caller reacts to. Platforms translate their SDK's exceptions into these.

None of them carries a token or a message's text: what str() gives may be logged, and so may what a model's server said.
Users never see it; they read a sentence from texts/.
"""

from __future__ import annotations

from enum import StrEnum


class BotError(Exception):
    """The base of all exceptions that this package raises on purpose."""


class SettingsError(BotError):
    """The settings are unusable. The message names each problem and its remedy, one a line."""


class ModelProblem(StrEnum):
    """Why a model gave no answer. A passing problem may go away by itself."""

    RATE_LIMITED = "model_rate_limited"
    UNAVAILABLE = "model_unavailable"  # 5xx, no connection
    CERTIFICATE = "model_certificate"  # it is not accepted here
    PROXY = "model_proxy"  # it does not open the way
    TIMEOUT = "model_timeout"  # no byte for too long
    CUT = "model_cut"  # the connection or the stream broke off
    QUOTA = "model_quota"
    AUTH = "model_auth"
    NOT_FOUND = "model_not_found"
    ADDRESS = "model_address"  # the server at the address is no model server
    CONTEXT_LENGTH = "model_context_length"
    REPLY_LENGTH = "model_reply_length"  # it was asked for a longer answer than it may write
    SYSTEM = "model_system"  # it was sent a system message and knows none
    IMAGES = "model_images"  # it was sent some and sees none
    BAD_REQUEST = "model_bad_request"

    @property
    def passing(self) -> bool:
        return self in (self.RATE_LIMITED, self.UNAVAILABLE, self.CERTIFICATE, self.PROXY, self.TIMEOUT, self.CUT)


class ModelError(BotError):
    """
    A model call ended without an answer. *spent*: the question has cost as many calls as it may. *billed*: the server
    had begun to answer, so it may ask money for it. *unexplained*: LanguageModel.explain() may tell more.

    *sentence* is the key in texts/ of what people are told.
    """

    def __init__(
        self,
        problem: ModelProblem,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        limit: int | None = None,
        spent: bool = False,
        said: str = "",
        billed: bool = False,
        unexplained: bool = False,
        remedy: str = "",
        sentence: str = "",
    ) -> None:
        super().__init__(f"{problem.value}: {detail}" if detail else problem.value)
        self.sentence = sentence or problem.value
        self.problem = problem
        self.detail = detail
        self.remedy = remedy  # for operators, of a problem on the way to the server
        self.status = status  # HTTP
        self.retry_after = retry_after  # seconds, as the server asked
        self.spent = spent
        self.billed = billed
        self.unexplained = unexplained
        self.said = said  # by the server, on one line: its beginning, without keys and what it quotes of the prompt
        self.limit = (
            limit  # tokens: the window, where a CONTEXT_LENGTH error names it; what a REPLY_LENGTH error leaves
        )

    @property
    def for_operators(self) -> str:
        """The server's own words, or the failure on the way to it; empty if neither is known."""
        return self.said or (self.detail if self.remedy else "")


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
    """The platform may or may not have carried out the call: look for a post before making it again."""

    def __init__(self, code: str, retry_after: float | None = None, *, detail: str = "", remedy: str = "") -> None:
        super().__init__(code, passing=True, retry_after=retry_after, detail=detail, remedy=remedy)


class ReplyUnwanted(PlatformError):  # noqa: N818 - a fact, as in StopIteration
    """People want no answer, or no more of it: the writer stops."""

    def __init__(self, code: str) -> None:
        super().__init__(code, passing=False)


class ReplyDeleted(ReplyUnwanted):
    """Somebody has deleted what we were writing: nobody wants it again."""


class ThreadClosed(ReplyUnwanted):
    """People have closed the thread: nothing more is to be said in it."""


class LedgerError(BotError):
    """The database cannot be read or written at the moment. The operation had no effect."""


class LedgerGoneError(LedgerError):
    """The database file was moved or deleted: further writes would be lost. Only a restart helps."""


class LeaseLost(BotError):  # noqa: N818 - a fact, as in StopIteration
    """Another worker owns the turn now: the caller stops and posts nothing more."""
