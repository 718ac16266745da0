"""Answers as chat programs show them: Markdown in which every proof is a link."""
