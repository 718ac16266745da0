"""Figures that anyone can print again. Each command names its data and its alternative."""
