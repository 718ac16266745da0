"""The answers: retrieval, reading, citing, and the doors to them. Imports ``indexer``."""
