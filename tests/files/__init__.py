"""Reading files: real children, real parsers."""
