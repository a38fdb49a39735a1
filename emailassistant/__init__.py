"""The Django project around `assistant_app`: settings, URLs, servers."""

__version__ = "1.1.0.dev0"
