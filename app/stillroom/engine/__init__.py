"""The engine: owns the worker process that runs llama.cpp."""
