"""Values to picture; the only room that draws."""
