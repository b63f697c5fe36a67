"""The Extract page: drop files, pick a template, get a table."""
