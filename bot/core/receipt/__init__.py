"""
What was sent for an answer, what was left out and why, and the words for it. Read only; views are drawn by platforms.
"""
