"""Sends requests to a model server and limits how much of a response is read. It does not interpret responses."""
