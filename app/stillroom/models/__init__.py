"""Models: the GGUF files on this machine."""
