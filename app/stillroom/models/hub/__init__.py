"""Models to fetch: catalog, hub, downloads."""
