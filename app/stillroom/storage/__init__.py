"""Storage: what must survive a kill or a power cut. Plain rows and JSON; knows nothing of what they mean."""
