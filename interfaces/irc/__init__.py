"""IRC: a client on networks, and a gateway that IRC clients connect to."""
