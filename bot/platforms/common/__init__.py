"""What every platform shares. Nothing here names a platform or its methods."""
