"""Demos of chapter 3, reusing representations: one file each."""
