"""
What a workspace takes of that which not every workspace takes: Markdown blocks, buttons, streams. No calls here.

Which refusals say that something will never be taken is the platform's to say, and so is what is done instead.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Generic, TypeVar

Form = TypeVar("Form", bound=Hashable)

CONVINCING = 3  # refusals by different ones, each of which may have been refused for its own sake


class Feature(Generic[Form]):
    """
    The *forms* in which a workspace takes something, the best first, as far as it is known. All that use it share it.

    A refusal with one of the codes *never_here* ends a form at once. Any other may be due to what was sent: CONVINCING
    different ones are needed to end a form, and none was taken before. Where that is to hold in a row only, what was
    taken once is not *kept*.
    """

    def __init__(self, forms: Sequence[Form], never_here: Collection[str] = (), *, kept: bool = True) -> None:
        self._all, self._left = tuple(forms), list(forms)
        self._never_here, self._kept = frozenset(never_here), kept
        self._settled = False  # the best form was taken
        self._doubts: set[Hashable] = set()  # who was refused the best form

    @property
    def forms(self) -> Sequence[Form]:
        """Those that may be taken, the best first."""
        return tuple(self._left)

    @property
    def best(self) -> Form | None:
        return self._left[0] if self._left else None

    @property
    def here(self) -> bool:
        """Whether any form may be taken."""
        return bool(self._left)

    def simpler(self, form: Form) -> Form | None:
        """The form to try after *form* was refused; None where something else must have been refused."""
        if self._settled and form == self.best:
            return None
        return next((each for each in self._all[self._all.index(form) + 1 :] if each in self._left), None)

    def taken(self, form: Form | None = None, *, by: Hashable = None) -> None:
        """*form* was taken of *by*, and each better one refused; the best form, where none is given."""
        if form is None or form == self.best:
            self._settled = self._kept and self.here
            self._doubts.clear()
        elif by is not None and form in self._left:
            self._doubt(by, self._left.index(form))

    def refused(self, code: str = "", *, form: Form | None = None, by: Hashable = None) -> bool:
        """
        *form* (the best, where none is given) was refused with *code*. Whether it was given up for that.

        *by*: who was refused, where several such refusals are a reason to give it up.
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
