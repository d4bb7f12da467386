"""Discord, over the gateway and the REST API. No other platform, no database."""
