"""Measures extraction on labelled documents: how much is right, how much is invented, and what a confidence is worth."""
