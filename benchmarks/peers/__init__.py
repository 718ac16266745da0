"""Fundstelle beside other search systems: the same articles, passages, model and questions."""
