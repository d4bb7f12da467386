"""`python -m tests.standins.model --port 0 --latency 2`: see server.py."""

from tests.standins.model.server import main

main()
