"""A whole site in this process, on a fake platform, for tests of the API and of the web."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.testclient import TestClient
from tests import databases
from tests.fakes import FakePlatform

from accelerapp.access.model import Role
from accelerapp.app import App
from accelerapp.base.settings.model import Data, Local, Server, Service, Settings
from accelerapp.engine.runner import Engine
from accelerapp.server import site

PASSWORD = "a long password"


def product(folder: Path, platform: FakePlatform | None = None, **server: object) -> App:
    """The product on a SQLite file, with one service on a fake platform."""
    databases.lay(folder)
    local = Local(releases=folder, release="1.0.0", command=("true",))
    app = App(
        Settings(
            data=Data(folder=folder),
            server=Server.model_validate(server),
            services={"shop": Service(description="Sells things.", local=local)},
        )
    )
    app.__dict__["local_platform"] = platform or FakePlatform()
    return app


def client(app: App, **options: object) -> TestClient:
    """A browser or program on this machine."""
    given = {"base_url": "http://127.0.0.1:8000", "client": ("127.0.0.1", 50000), **options}
    return TestClient(site.build(app, Engine(app, ())), raise_server_exceptions=False, **given)  # type: ignore[arg-type]


@contextmanager
def served(app: App) -> Iterator[str]:
    """The address of the site on a real port."""
    made = site.build(app, Engine(app, ()))
    server = uvicorn.Server(uvicorn.Config(made, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def key(app: App, role: Role) -> dict[str, str]:
    """The headers of a program with a role."""
    return {"Authorization": f"Bearer {app.access.add_token('test', role, 'test').key}"}


def signed_in(app: App, role: Role = Role.ADMIN) -> tuple[TestClient, str]:
    """A browser that is signed in, and its CSRF token."""
    app.access.add_account(f"test-{role}", PASSWORD, role)
    made = app.access.sign_in(f"test-{role}", PASSWORD, "127.0.0.1")
    browser = client(app)
    browser.cookies.set("accelerapp_session", made.cookie)
    return browser, made.session.csrf
