"""What Slack tells us, as events of the core. Pure: no call is made here."""
