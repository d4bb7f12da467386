"""
Answers one claimed turn, from its history to the finished reply.

Who claims it is in worker/, what the model is sent in prompt/.
"""
