"""What weather, lenses, sensors and files do to a picture, as ImageNet-C defines it, and remedies."""
