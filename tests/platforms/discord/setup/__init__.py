"""What operators are told about their application."""
