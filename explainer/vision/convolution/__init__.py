"""Convolution taken apart: its arithmetic, what a unit sees, and what pooling does to a shifted picture."""
