"""Who sends and receives short messages: one file each, pure, on one runner."""
