"""What every platform shares: call rates. Nothing here names a platform or its methods."""
