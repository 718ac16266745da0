"""What can go wrong in training that a user can mend."""

from __future__ import annotations

from indexer.errors import FundstelleError


class TrainingError(FundstelleError):
    """A recipe, a question file or a work folder that can't be used; says what to do."""
