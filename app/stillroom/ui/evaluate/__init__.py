"""The Evaluate page: labelled documents through several models, side by side."""
