"""The way to other machines: proxies, certificates, and what went wrong on it, for each door alike."""
