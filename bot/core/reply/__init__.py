"""Shows the answer while it grows: status, pace, language. How a platform posts it is in platforms/."""
