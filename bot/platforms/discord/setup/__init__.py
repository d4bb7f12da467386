"""For operators: the link that invites the bot, the kinds of wrong tokens, and the findings of `threadbot check`."""
