"""Several interfaces in one process: options, application, lifespan, signals, drain, supervision."""
