"""The same dialogues on every platform: what the model is sent and what the ledger holds must be the same."""
