"""The Django project around `assistant_app`: settings, URLs, servers."""

# The one place that says it. After a release it is the next one with `.dev0`: docs/how-to/release.md.
__version__ = "1.1.0.dev0"
