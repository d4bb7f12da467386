"""`python -m tests.standins.slack --port 0`: see control.py."""

from tests.standins.slack.control import main

main()
