"""The Django project around `assistant_app`: settings, URLs, servers."""
