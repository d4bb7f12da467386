"""
A model server for tests and benches: see server.py, and README.md in the folder above. It knows nothing of bot/.

`script.py` has the answers, `rules.py` what is refused, `cache.py` a prompt cache, `counting.py` how prompts
are counted.
"""

from tests.standins.model.server import ModelServer

__all__ = ["ModelServer"]
