"""What can be wrong with a process, its machine and what is around it: a file a topic, each changes nothing."""
