"""Classifiers: their cards, their weights, and how a demo borrows one.

Nothing here imports torch until a model is lent, so that menus and controls exist before it is loaded.
"""
