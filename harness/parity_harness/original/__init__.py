"""Exports an original that only Python's TensorFlow can read, as a TensorFlow 1 checkpoint with its graph."""
