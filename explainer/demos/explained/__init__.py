"""Chapter: the network explained. What a classifier looked at, and how far one may believe the picture of it."""
