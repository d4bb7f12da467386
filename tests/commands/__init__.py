"""The commands' own logic, without click."""
