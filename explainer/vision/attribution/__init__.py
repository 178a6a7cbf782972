"""Attribution: which part of the picture, or of a layer, speaks for a class."""
