"""Documents: pages of text with the place of every character."""
