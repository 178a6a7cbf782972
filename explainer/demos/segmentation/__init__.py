"""Chapter 5: segmentation and medicine."""
