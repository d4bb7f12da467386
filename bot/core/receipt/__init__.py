"""
Receipts: what the model was sent for an answer, what was left out and why. Read only; platforms draw the views.
"""
