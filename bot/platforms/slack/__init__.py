"""Slack, over Socket Mode or HTTP and the Web API. No other platform, no database."""
