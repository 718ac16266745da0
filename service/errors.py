"""Errors of the service, below the tree of ``indexer.errors``.

FundstelleError
├── QuestionError      a question or its parameters can't be used
├── OwnerError         the service that owns the index refused or failed
├── AddressError       the service can't listen where it should
├── EvaluationError    a question file can't be used
├── RenewalRunning     the archive is being reindexed or restored already
├── FeedbackError      a rating could not be kept
├── KeysError          the file of API keys, or a change of it, can't be used
├── Busy               so much is under way that no more is taken on
├── AccessRefused      a request may not do what it asks for
├── ServiceStopping    the service ends, and can't take or finish a request
└── GenerationFailed   the chat model gave no answer that can be shown
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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


class RenewalRunning(FundstelleError):
    """The archive is being reindexed or restored already."""

    def __init__(self) -> None:
        super().__init__("a reindex or restore is running already; wait for its end")


class FeedbackError(FundstelleError):
    """A rating could not be written to its file."""


class KeysError(FundstelleError):
    """The file of API keys can't be used, or what should become of it can't be done."""


class Busy(FundstelleError):
    """So much is under way that no more is taken on; it may be worth a try in ``seconds``."""

    def __init__(self, requests: int, seconds: int) -> None:
        super().__init__(f"{requests} requests are under way; try again in {seconds} s")
        self.headers = {"Retry-After": str(seconds)}


class AccessRefused(FundstelleError):
    """A request may not do what it asks for.

    ``status`` and ``headers`` are those of the answer over HTTP, ``code`` names the reason.
    """

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class ServiceStopping(FundstelleError):
    """The service ends: a request came too late, or was not done in time."""

    def __init__(self) -> None:
        super().__init__(
            "the service is stopping; what it confirmed is kept, send the rest again in a moment"
        )
        # After so many seconds another may have taken its place.
        self.headers = {"Retry-After": "5", "Connection": "close"}


FailureReason = Literal[
    "unreachable",  # no connection, or it was refused
    "timeout",  # no answer, or no end of it, within the time limit
    "refused",  # an error status, or a content filter
    "cut_off",  # the answer broke off
    "nonsense",  # no answer at all, or nothing that can be read as one
    "irrelevant",  # no passage comes near an answer: the model was not asked
    "declined",  # the model says that the passages don't answer the question
    "unverified",  # no sentence of it is supported by the passages
]
"""Why what a chat model wrote is not the answer."""


class GenerationFailed(FundstelleError):
    """The chat model gave no answer that can be shown: ``reason`` is a code."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
