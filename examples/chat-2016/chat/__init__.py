"""A chat as it was written in 2016."""
