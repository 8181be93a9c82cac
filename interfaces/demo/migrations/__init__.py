"""The history of the demo's tables."""
