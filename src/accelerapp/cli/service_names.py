"""Which service a command means. On this machine the settings say; a server is asked for its default one."""

from __future__ import annotations

from accelerapp.base import errors
from accelerapp.cli.target import Target


def meant(asked: Target, name: str | None) -> str:
    """The service's name. Raises NotFoundError, or WrongUseError when there is none to mean."""
    if not asked.is_remote:
        return asked.app.service(name).name
    if name:
        return name
    from accelerapp.services.model import Service

    known: list[Service] = asked.ask(list[Service], "/services", lambda app: list(app.services))
    if not known:
        raise errors.WrongUseError("The server operates no service.")
    return next((service for service in known if service.is_default), known[0]).name
