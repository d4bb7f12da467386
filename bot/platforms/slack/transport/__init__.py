"""How events arrive: Socket Mode or signed HTTP requests. What they mean is in incoming/."""
