"""Extraction templates: which fields to take out of a document, and of what type."""
