"""Review: what persons say of values and documents, what follows from it, and what may pass without them."""
