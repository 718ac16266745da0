"""The HTTP API, one file a resource. ``ROUTES`` is what the app serves."""

from service.api.access import access
from service.api.articles import article, articles, remove_article, write_articles
from service.api.chat_completions import complete_chat, no_chat
from service.api.chat_messages import create_message, no_message
from service.api.chat_models import model, models
from service.api.citations import verify
from service.api.evaluations import evaluate_questions
from service.api.feedback import feedback_enabled, rate
from service.api.health import health, live, ready, status
from service.api.languages import languages
from service.api.metrics import metrics_page
from service.api.questions import ask
from service.api.renewals import back_up, drop, renewal_status, start_reindex, start_restore
from service.api.search import search

ROUTES = [
    access,
    article,
    articles,
    ask,
    back_up,
    complete_chat,
    create_message,
    drop,
    evaluate_questions,
    feedback_enabled,
    health,
    languages,
    live,
    metrics_page,
    model,
    models,
    no_chat,
    no_message,
    rate,
    ready,
    remove_article,
    renewal_status,
    search,
    start_reindex,
    start_restore,
    status,
    verify,
    write_articles,
]
__all__ = ["ROUTES"]
