"""What Discord tells us, as events of the core. Pure: no call is made here."""
