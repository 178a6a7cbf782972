"""Small nets that train while one watches."""
