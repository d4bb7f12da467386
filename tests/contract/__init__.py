"""What every platform must pass, run against each platform's world."""
