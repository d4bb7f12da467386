"""The ledger: recording, claiming, histories, completions. What a change does to a turn is in changes/."""
