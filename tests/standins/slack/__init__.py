"""
A Slack for tests and benches: see standin.py, and README.md in the folder above. It knows nothing of bot/.

`api/` is the Web API by subject, `delivery/` the way of events to the app, `workspace.py` what there is, `faults.py`
what goes wrong on purpose.
"""

from tests.standins.slack.standin import BOTH, Slack

__all__ = ["BOTH", "Slack"]
