"""
What edits, deletions, reactions, presses and commands do to the rows. Parts of transactions; none is opened here.
"""
