"""Commands and buttons: what there are, what they ask for, and how Discord is told that we have it."""
