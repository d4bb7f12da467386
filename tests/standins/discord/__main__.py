"""`python -m tests.standins.discord --port 0`: see control.py."""

from tests.standins.discord.control import main

main()
