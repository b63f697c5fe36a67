"""Text recognition in pictures: RapidOCR's models (in its wheel) on ONNX Runtime. An optional part of the installation."""
