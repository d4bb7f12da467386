"""How Hypothesis looks for counter-examples here: no deadline for a single one, as test machines are shared."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("shared", deadline=None, max_examples=60)
settings.load_profile("shared")
