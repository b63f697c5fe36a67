"""The child process that holds llama.cpp."""
