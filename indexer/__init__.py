"""The archive: articles in, an index out. Never imports ``service``."""
