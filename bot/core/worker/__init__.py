"""Receives events, claims due turns, settles failures, stops. How a turn is answered is in answer/."""
