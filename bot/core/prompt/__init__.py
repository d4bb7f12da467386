"""Writes what the model is sent, within the budget. Pure but for names.py; what comes back is in completion/."""
