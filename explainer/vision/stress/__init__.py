"""A picture made harder by hand: covered, erased, relit; and what may help. Every function runs without a window."""
