"""Commands and buttons, on the stand-in."""
