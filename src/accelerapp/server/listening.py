"""The socket that is listened on, and what is said when it cannot be had."""

from __future__ import annotations

import errno
import socket

from accelerapp.base import errors
from accelerapp.clients import machine


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises WrongUseError when the port is taken or the host is not ours."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted sockets inherit it: head and body are two writes, and the second would wait 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise errors.WrongUseError(
            _why(host, port, error), mend="Set server.port to another one, or end what listens there."
        ) from error
    listening.setblocking(False)
    return listening


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"{host}:{port} cannot be listened on: {error.strerror}."
    try:
        machine.port(host, port)  # knows the process, if we may see it
    except errors.WrongUseError as known:
        return known.message
    return f"Port {port} of {host} is taken, perhaps by another accelerapp."
