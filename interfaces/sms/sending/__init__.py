"""What goes out as short messages: by which account, how fast, to whom not, and what became of it."""
