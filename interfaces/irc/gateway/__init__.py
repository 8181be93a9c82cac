"""IRC clients connect to us: what is pure of it is in roster, saying, cloak; who calls whom stands in connection."""
