"""A bot by which people deploy what others have agreed to."""
