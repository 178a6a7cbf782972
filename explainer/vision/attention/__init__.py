"""Attention: which places look at which, and which feature maps are let through."""
