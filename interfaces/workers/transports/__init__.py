"""Who carries sessions between interface containers and workers: ``direct`` connections, or ``redis``."""
