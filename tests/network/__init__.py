"""The way to other machines, over real proxies and TLS."""
