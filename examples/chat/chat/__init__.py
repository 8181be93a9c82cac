"""A room that browsers and IRC clients are in."""
