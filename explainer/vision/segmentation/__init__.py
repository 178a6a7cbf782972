"""Dividing a picture: thresholds, floods, cuts and superpixels, networks that answer at every pixel, and scores."""
