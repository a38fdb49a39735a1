"""The Django project: settings, URLs and the servers that run `assistant_app`."""

# The only place that defines the version. docs/how-to/release.md says when it changes.
__version__ = "1.1.0.dev0"
