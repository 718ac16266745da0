"""Follow-up questions: a conversation's last question made self-contained, by rule."""

from service.conversation.follow_ups import Turn, self_contained

__all__ = ["Turn", "self_contained"]
