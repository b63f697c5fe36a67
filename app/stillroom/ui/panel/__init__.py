"""The side panel: the model, memory, speed and what is running."""
