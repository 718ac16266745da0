"""Errors of the service, below the tree of ``indexer.errors``.

FundstelleError
├── QuestionError      a question or its parameters can't be used
├── OwnerError         the service that owns the index refused or failed
├── AddressError       the service can't listen where it should
└── EvaluationError    a question file can't be used
"""

from __future__ import annotations

from indexer.errors import FundstelleError


class QuestionError(FundstelleError):
    """A question or one of its parameters can't be used; ``field`` names which."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class OwnerError(FundstelleError):
    """The service that owns the index refused a request or failed at it."""


class AddressError(FundstelleError):
    """The service can't listen on the address it was given."""


class EvaluationError(FundstelleError):
    """A question file can't be used."""
