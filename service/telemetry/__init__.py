"""What an operator sees of the service: logs, metrics and traces. None of it holds a question."""
