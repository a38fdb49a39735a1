from importlib import import_module

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "assistant_app"
    verbose_name = "Email assistant"

    def ready(self) -> None:
        """Register the system checks and connect the listeners to the runner; both need the models."""
        import_module("assistant_app.checks")
        tracking = import_module("assistant_app.observing.tracking")
        watch = import_module("assistant_app.observing.watch")
        publisher = import_module("assistant_app.events.publisher").publisher
        runner = import_module("assistant_app.engine.runner").runner
        # Watch comes first: it sets the context that the log lines of a run carry.
        runner.listening = [watch.Watch, tracking.of_run, publisher.narrator]
        runner.at_drain = [publisher.aclose, tracking.aclose]
