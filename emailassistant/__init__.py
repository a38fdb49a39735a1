"""The Django project: settings, URLs and the servers that run `assistant_app`."""
