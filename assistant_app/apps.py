from importlib import import_module

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "assistant_app"
    verbose_name = "Email assistant"

    def ready(self) -> None:
        """Import what needs the models: system checks, and everything that listens to runs."""
        import_module("assistant_app.checks")
        tracking = import_module("assistant_app.observing.tracking")
        watch = import_module("assistant_app.observing.watch")
        publisher = import_module("assistant_app.events.publisher").publisher
        runner = import_module("assistant_app.engine.runner").runner
        # The watch first: it gives the run's task the context that log lines carry.
        runner.listening = [watch.Watch, tracking.of_run, publisher.narrator]
        runner.at_drain = [publisher.aclose, tracking.aclose]
