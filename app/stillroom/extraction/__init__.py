"""Extraction: every value a span of the document, chosen by the model among typed candidates."""
