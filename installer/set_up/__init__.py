"""Sets up a checkout: environment, pinned requirements, engine, starter model. Needs Python alone."""
