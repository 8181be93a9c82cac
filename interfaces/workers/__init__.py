"""Applications in other processes, and the programming model of events: routing, messages, groups, sessions."""
