"""A surgery that reminds people of their appointments, and hears what they answer."""
