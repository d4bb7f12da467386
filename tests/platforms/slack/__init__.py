"""The Slack door, against the Slack stand-in."""
