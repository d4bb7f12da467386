"""How Hypothesis looks for counter-examples here: no deadline for a single one, as test machines are shared."""

from __future__ import annotations

from hypothesis import Phase, settings

SEARCH = [phase for phase in Phase if phase is not Phase.explain]  # explaining takes minutes under Python 3.11
settings.register_profile("shared", deadline=None, max_examples=60, phases=SEARCH)
settings.load_profile("shared")
