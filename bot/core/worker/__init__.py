"""Receives events, claims due turns, settles what fails, stops. What an answer is made of is in answer/."""
