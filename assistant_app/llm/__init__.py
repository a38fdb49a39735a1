"""The model client: any OpenAI-compatible server, the embedded model, or a scripted one for tests."""
