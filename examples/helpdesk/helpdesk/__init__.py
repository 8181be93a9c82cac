"""A help desk whose tickets are mail."""
