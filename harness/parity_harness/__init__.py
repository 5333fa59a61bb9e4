"""The Python side of parity: runs a candidate PyTorch model and gives back what it computed."""

__version__ = "0.1.0"
