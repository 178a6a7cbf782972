"""Search by picture: vectors, their ranking, how good it is, and indices that compare fewer of them."""
