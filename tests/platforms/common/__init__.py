"""What all platforms share, tried without any of them."""
