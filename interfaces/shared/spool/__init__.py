"""What was taken and has to outlive its process: a folder, where one fsync keeps a group of messages."""
