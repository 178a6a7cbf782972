"""Finding objects: boxes, overlap, suppression of duplicates, and detectors."""
