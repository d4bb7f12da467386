"""Chat services: one folder each, which never import each other."""
