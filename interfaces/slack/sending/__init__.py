"""What goes out to Slack: how it is said, how fast it goes, and what became of it."""
