"""Demos of chapter 2, data: one file each."""
