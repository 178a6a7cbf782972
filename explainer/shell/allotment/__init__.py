"""Arithmetic of the stage: where headline, heroes, film, charts, player and strip go, from shapes alone."""
