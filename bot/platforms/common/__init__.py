"""Code that all platforms share. Nothing here names a platform or its methods."""
