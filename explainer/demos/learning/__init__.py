"""Demos of chapter 1, how a CNN sees and learns: one file each."""
