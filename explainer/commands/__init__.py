"""One file per command, loaded by name when it is asked for."""
