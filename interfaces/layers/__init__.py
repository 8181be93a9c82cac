"""Channel layers with the API of Channels 4: messages between processes, groups, work queues."""
