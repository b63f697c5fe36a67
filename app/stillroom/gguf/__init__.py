"""The file format of models (GGUF), read in bounded Python before native code sees a file."""
