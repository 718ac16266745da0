"""Whether a passage supports a claim: ``judge.py`` weighs what the other files compare."""
