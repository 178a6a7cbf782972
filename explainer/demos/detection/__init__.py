"""Chapter 4: finding objects and what stands in the way."""
