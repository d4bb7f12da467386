"""Language models: providers that speak the Chat Completions API, and one that needs no network."""
