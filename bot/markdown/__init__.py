"""Markdown in, pieces out. Imports nothing of ours but itself; its parser is markdown-it-py."""

from bot.markdown.closing import close_open
from bot.markdown.continuation import join_continuation
from bot.markdown.emphasis import ZERO_WIDTH_SPACE, spaced
from bot.markdown.fitting import fitting
from bot.markdown.graphemes import boundary, is_ignorable, is_visible
from bot.markdown.growing import Growing
from bot.markdown.lines import prose
from bot.markdown.plain import plain_text
from bot.markdown.splitting import Piece, pieces, split
from bot.markdown.tables import aligned

__all__ = [
    "ZERO_WIDTH_SPACE",
    "Growing",
    "Piece",
    "aligned",
    "boundary",
    "close_open",
    "fitting",
    "is_ignorable",
    "is_visible",
    "join_continuation",
    "pieces",
    "plain_text",
    "prose",
    "spaced",
    "split",
]
