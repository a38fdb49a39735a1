"""Static files with hashed names, cached forever by browsers and served by the process itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from servestatic import ServeStaticASGI
from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Use hashed names for collected files, and plain names for files that are not collected.

    So tests and new files need no `collectstatic`. `make run` collects at every start.
    """

    def url(self, name: str | None, force: bool = False) -> str:
        try:
            return super().url(name, force)
        except ValueError:  # not in the manifest
            return StaticFilesStorage.url(self, name)


def serve_static(app: Any) -> Any:
    """Wrap the app to serve collected files; return the app itself if none are collected."""
    if not Path(settings.STATIC_ROOT).is_dir():
        return app
    return ServeStaticASGI(
        app,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        allow_all_origins=False,
        add_headers_function=_add_headers,
    )


def _add_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
