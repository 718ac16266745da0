"""Answers that a chat model writes: asked for, read, and held against the articles."""
