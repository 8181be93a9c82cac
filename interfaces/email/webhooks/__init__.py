"""Mail that providers post over HTTP, as raw MIME: a file each, what they have in common, and the glue."""
