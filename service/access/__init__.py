"""Who may do what: API keys, the archive and the scope that each opens, hosts, origins, rates.

Knows neither HTTP framework nor archive; ``gate.py`` is what the doors ask.
"""
