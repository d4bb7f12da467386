"""The way to other machines: proxies, certificates, what went wrong, how much JSON is read, for each door alike."""
