from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy


class AssistantConfig(AppConfig):
    name = "assistant_app"
    verbose_name = gettext_lazy("Email assistant")

    def ready(self) -> None:
        """Register the system checks and connect the listeners to the runner; both need the models."""
        import_module("assistant_app.checks")
        watch = import_module("assistant_app.observing.watch")
        publisher = import_module("assistant_app.events.publisher").publisher
        runner = import_module("assistant_app.engine.runner").runner
        # Watch comes first: it sets the context that the log lines of a run carry.
        runner.listening = [watch.Watch, publisher.narrator]
        runner.at_drain = [publisher.aclose]
        if settings.BURR_TRACKING:
            runner.listening.append(import_module("assistant_app.observing.tracking").Tracker)
