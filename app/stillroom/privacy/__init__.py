"""Privacy: whether anything may leave this machine, what did, and where secrets are kept."""
