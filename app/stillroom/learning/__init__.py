"""What a template learns from what a person shows it: marks on a page, and verdicts."""
