"""Explainer: see how computer vision works."""

__version__ = "0.1.0"
