"""The model door: real clients against the model stand-in, over loopback."""
