"""What operators need: the link that invites the bot, what a wrong token is, and what `threadbot check` finds out."""
