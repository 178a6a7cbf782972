"""The algorithms, one per file. The only room that imports torch."""
