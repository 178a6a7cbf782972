"""Values only: nothing in this room knows Qt or torch."""
