"""The Django project: settings, URLs and the servers that run `assistant_app`."""

# The only place that defines the version. After a release, set the next one with `.dev0`: docs/how-to/release.md
__version__ = "1.1.0.dev0"
