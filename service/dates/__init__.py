"""When a question asks about: dates it names, and what they mean for articles."""

from service.dates.mention import Mention, mentioned

__all__ = ["Mention", "mentioned"]
