"""Candidates: the spans of a document that may be the value of a field, by the field's type."""
