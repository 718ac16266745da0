"""What happens while a question is answered, in the order in which it may be shown.

``Passages`` comes first, then a ``Sentence`` for each that was checked, then the
whole as ``Complete``. ``Stopped`` ends a stream whose chat model failed after
something had been sent: what was sent stands, and no more follows.
"""

from __future__ import annotations

import msgspec

from service.answer import Answer, Citation, FoundPassage


class Passages(msgspec.Struct, frozen=True):
    """What was retrieved, nearest first, before it is read."""

    passages: list[FoundPassage]


class Sentence(msgspec.Struct, frozen=True):
    """A part of the answer that is complete and checked, and may be shown now.

    The texts of all sentences, one after the other, are the answer's text: each but
    the first begins with the white space that parts it from the one before.
    ``start`` is where it stands in the answer; its citations' answer spans count
    from the beginning of the answer, too.
    """

    start: int
    text: str
    citations: list[Citation]


class Complete(msgspec.Struct, frozen=True):
    """The whole answer; nothing follows."""

    answer: Answer


class Stopped(msgspec.Struct, frozen=True):
    """The stream ends here for this reason (a code of ``FailureReason``); nothing follows."""

    reason: str
    detail: str


Event = Passages | Sentence | Complete | Stopped
