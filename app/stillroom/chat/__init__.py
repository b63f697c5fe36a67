"""Chat: conversations that branch, what is put to the model for a turn, and files as attachments."""
