"""
Learns which optional features a workspace accepts: Markdown blocks, buttons, streams. No calls here.

The platform says which refusals are permanent, and what it does instead.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Generic, TypeVar

Form = TypeVar("Form", bound=Hashable)

CONVINCING = 3  # different senders refused; fewer may each be refused for their own content


class Feature(Generic[Form]):
    """
    The *forms* of a feature, the best first, and what we know of which the workspace accepts. All users share it.

    A refusal with a code of *never_here* ends a form at once. Any other may be due to the content: CONVINCING different
    refusals end a form, if it was never accepted. Without *kept*, an acceptance only resets the count.
    """

    def __init__(self, forms: Sequence[Form], never_here: Collection[str] = (), *, kept: bool = True) -> None:
        self._all, self._left = tuple(forms), list(forms)
        self._never_here, self._kept = frozenset(never_here), kept
        self._settled = False  # the best form was accepted
        self._doubts: set[Hashable] = set()  # who was refused the best form

    @property
    def forms(self) -> Sequence[Form]:
        """The forms that may be accepted, the best first."""
        return tuple(self._left)

    @property
    def best(self) -> Form | None:
        return self._left[0] if self._left else None

    @property
    def here(self) -> bool:
        """Whether any form may be accepted."""
        return bool(self._left)

    def simpler(self, form: Form) -> Form | None:
        """The form to try after *form* was refused; None if the refusal must have another reason."""
        if self._settled and form == self.best:
            return None
        return next((each for each in self._all[self._all.index(form) + 1 :] if each in self._left), None)

    def taken(self, form: Form | None = None, *, by: Hashable = None) -> None:
        """Call when *form* (default: the best) was accepted from *by*, after each better one was refused."""
        if form is None or form == self.best:
            self._settled = self._kept and self.here
            self._doubts.clear()
        elif by is not None and form in self._left:
            self._doubt(by, self._left.index(form))

    def refused(self, code: str = "", *, form: Form | None = None, by: Hashable = None) -> bool:
        """
        Call when *form* (default: the best) was refused with *code*. Whether that ends the form.

        *by*: the refused sender, if several such refusals end the form.
        """
        form = self.best if form is None else form
        if form is None or form not in self._left:
            return False
        if code in self._never_here:
            self._give_up([form])
            return True
        return by is not None and form == self.best and self._doubt(by, 1)

    def _doubt(self, by: Hashable, forms: int) -> bool:
        """*by* was refused the first *forms* that are left."""
        if self._settled:
            return False
        self._doubts.add(by)
        if len(self._doubts) < CONVINCING:
            return False
        self._give_up(self._left[:forms])
        return True

    def _give_up(self, forms: Collection[Form]) -> None:
        if self.best in forms:  # what is known is known of the best
            self._settled = False
            self._doubts.clear()
        self._left = [each for each in self._left if each not in forms]
