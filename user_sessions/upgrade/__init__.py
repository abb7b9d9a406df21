"""What only sites need that still hold sessions of an older version or of another package."""
