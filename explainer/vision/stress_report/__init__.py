"""The whole battery over one photo, and what several photos have in common."""
