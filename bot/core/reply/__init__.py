"""Shows the answer while it grows: status, pace, language. The code that posts it is in platforms/."""
