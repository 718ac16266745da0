"""Copies of one text among articles: which they are, and how they share one place."""
