"""Which passages are read: the nearest, but some in the question's language and some not.

How near a passage is says little between languages, and in an archive of several the
question's own, or the commonest, would fill what is read. The reader can tell them apart.
"""

from __future__ import annotations

from dataclasses import replace

from service.retrieval import Retrieved

# Of eight, three. Chosen on development questions (docs/retrieval.md).
_SHARE = 3 / 8


def shortlisted(retrieved: Retrieved, count: int) -> Retrieved:
    """The same, the ``count`` candidates that are to be read in front, each in the order found.

    Scores stay with their places, so that they still fall from the first to the last.
    """
    everything = range(len(retrieved.candidates))
    if retrieved.language is None or len(everything) <= count:
        return retrieved
    alike = [candidate.language == retrieved.language for candidate in retrieved.candidates]
    own = [i for i in everything if alike[i]]
    others = [i for i in everything if not alike[i]]
    least = int(count * _SHARE)
    kept = {*own[:least], *others[:least]}
    free = [i for i in everything if i not in kept][: count - len(kept)]
    kept.update(free)
    order = [*sorted(kept), *(i for i in everything if i not in kept)]
    return replace(
        retrieved,
        candidates=[retrieved.candidates[i] for i in order],
        copies=[retrieved.copies[i] for i in order],
    )
