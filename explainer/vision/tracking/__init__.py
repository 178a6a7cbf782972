"""Following a target from picture to picture."""
