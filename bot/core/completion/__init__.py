"""
What comes back from a model: the stream, how it ended, what it tells of the model. The call itself is in answer/.
"""
