"""Media types of our own."""

#: Articles as ``indexer.sources`` read them, one a line: what the command line
#: sends to the owner of an index.
INTERNAL = "application/vnd.fundstelle.articles+jsonl"
