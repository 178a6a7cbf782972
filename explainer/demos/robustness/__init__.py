"""Chapter 6: robustness."""
