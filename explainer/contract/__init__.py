"""What every demo promises, and how it is proved; ``check``, the tests and authors of other demos use it."""
