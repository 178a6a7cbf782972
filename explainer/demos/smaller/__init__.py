"""Smaller models: the same answer from fewer numbers."""
