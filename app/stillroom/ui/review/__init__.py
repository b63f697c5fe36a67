"""The Review page: the document at the left with its values lit, the values at the right, worst first."""
