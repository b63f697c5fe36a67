"""The Templates page: made by marking a document, changed with the values beside it."""
