"""What works behind the site: the local platform's services, the watches of clusters, the engine and the sender."""

from __future__ import annotations

import threading
from collections.abc import Callable

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.settings import channels
from accelerapp.engine.follower import Follower
from accelerapp.engine.runner import Engine
from accelerapp.engine.sender import Sender
from accelerapp.hooks import slack
from accelerapp.notifications.channels import family


class Work:
    """Begins beside the site, which answers meanwhile; ends once, however it is told to."""

    def __init__(self, app: App, engine: Engine, say: Callable[[str], None]) -> None:
        self._app = app
        self._engine = engine
        self._say = say
        self._sender = Sender(app.sending)
        app.when_outgoing(self._sender.wake)
        self._follower = Follower(app.alerting.catch_up)
        app.when_alerts_due(self._follower.wake)
        self._uses_local = any(service.platform == "local" for service in app.services)
        self._uses_kubernetes = any(service.platform == "kubernetes" for service in app.services)
        self._beginning = threading.Thread(target=self._begin, name="begin", daemon=True)
        self._ending = threading.Lock()
        self._is_ended = False
        self._stopping = threading.Event()

    def begin(self) -> None:
        """Begin, in a thread."""
        self._beginning.start()

    def _begin(self) -> None:
        """The services first: the engine's first look at them should find them."""
        try:
            if self._uses_kubernetes:
                self._app.kubernetes_platform.keep_live()
            if self._uses_local:
                self._app.local_platform.start()
        except (errors.AccelerappError, OSError) as error:  # the engine tries again every few seconds
            self._say(f"The local services did not start: {error} It is tried again.")
        finally:
            self._sender.start()
            self._follower.start()
            self._engine.start()
            self._listen_to_slack()

    def _listen_to_slack(self) -> None:
        """A thread for each app of the settings that sends by Socket Mode what is pressed, typed and marked there."""
        for known in self._app.settings.channels.values():
            found = family.slack_socket(known) if isinstance(known, channels.Slack) else None
            if found is not None:
                given = (slack.Listener(self._app), self._stopping, self._say)
                threading.Thread(target=found.run, args=given, name="slack", daemon=True).start()

    def end(self) -> None:
        """End the engine, then the services as the settings say. A second call waits for the first."""
        with self._ending:
            if self._is_ended:
                return
            self._is_ended = True
            self._stopping.set()
            if self._beginning.ident is not None:
                self._beginning.join()
            self._engine.stop()
            self._follower.stop()
            self._sender.stop()
            if self._uses_kubernetes:
                self._app.kubernetes_platform.stop()
            if self._uses_local:
                self._app.local_platform.stop()
