"""Demos of chapter 4, detection and tracking: one file each."""
