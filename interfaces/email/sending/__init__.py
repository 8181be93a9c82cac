"""Mail on its way out: composing it, its addresses, its transports, and what comes back."""
