"""How the reader's adapter is trained: question files → examples → adapter.

``python -m training prepare RECIPE`` mines what the retriever finds for every question,
``python -m training train RECIPE`` learns to tell the passage that answers from those that
don't, and where in it the answer stands. Nothing of the product needs this; it needs the
product's own cutting, retrieval and windows, so that training sees what reading will see.
"""
