"""Feeds, sitemaps and pages → articles, over HTTP and with the manners of a guest.

``WebSource`` is what a user named, checked; ``WebReading`` reads a run of them through
a ``Fetcher``. Nothing here knows of passages, models or the store.
"""
