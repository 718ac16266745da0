"""The HTTP API, one file a resource. ``ROUTES`` is what the app serves."""

from service.api.articles import article, articles, remove_article, write_articles
from service.api.evaluations import evaluate_questions
from service.api.health import health, live, ready, status
from service.api.questions import ask
from service.api.search import search

ROUTES = [
    article,
    articles,
    ask,
    evaluate_questions,
    health,
    live,
    ready,
    remove_article,
    search,
    status,
    write_articles,
]
__all__ = ["ROUTES"]
