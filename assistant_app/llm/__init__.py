"""The model client: any OpenAI-compatible server, the embedded model, or a scripted one for tests."""

from assistant_app.llm.factory import build_client

__all__ = ["build_client"]
