from importlib import import_module

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "assistant_app"
    verbose_name = "Email assistant"

    def ready(self) -> None:
        import_module("assistant_app.checks")  # registers them; they need the models
        import_module("assistant_app.observing.tracking")  # what was tracked goes with its email
