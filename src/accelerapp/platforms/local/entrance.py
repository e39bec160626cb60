"""The port under which a service is reached: sees to it that the proxy listens there, and says why when it can't."""

from __future__ import annotations

import errno

from accelerapp.platforms.local import network, proctable, proxy, report

_RETRY = 3.0


class Entrance:
    """The proxy of one service."""

    def __init__(self, net: network.Network, told: report.Report, most: int) -> None:
        self._network = net
        self._report = told
        self._most = most
        self._proxy: proxy.Proxy | None = None
        self._retry_at = 0.0
        self.problem = ""

    def keep(self, port: int | None, targets: tuple[int, ...], now: float) -> None:
        """Listen on this port, or on none, and hand requests to these ports."""
        if self._proxy is not None and self._proxy.port != port:
            self._network.begin(self._proxy.stop())
            self._proxy = None
        if port is None:
            self.problem = ""
        elif self._proxy is None and now >= self._retry_at:
            self._open(port, now)
        if self._proxy is not None:
            self._proxy.targets = targets

    def connections(self, target: int | None) -> int:
        """How many requests the replica on this port serves now."""
        return self._proxy.connections(target) if self._proxy is not None and target is not None else 0

    def stop(self) -> None:
        """Stop listening, and give open requests a moment."""
        if self._proxy is not None:
            self._network.do(self._proxy.stop())
            self._proxy = None

    def _open(self, port: int, now: float) -> None:
        opened = proxy.Proxy(port, self._most)
        try:
            self._network.do(opened.start())
        except OSError as error:
            self._retry_at = now + _RETRY
            self._tell(_problem(port, error))
            return
        self._proxy, self.problem = opened, ""
        self._report.event("Normal", "Listening", f"The service is reached at http://127.0.0.1:{port}.")

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            self._report.warn("PortInUse", problem)
        self.problem = problem


def _problem(port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"Port {port} cannot be listened on: {error.strerror or error}."
    pid = next(proctable.listeners(port), None)
    return f"Port {port} is taken{f' by pid {pid}' if pid else ''}."
