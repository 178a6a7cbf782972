"""Augmentation: pipelines of torchvision transforms, their samples with labels, and what they do to training."""
