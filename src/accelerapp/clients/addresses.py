"""From a host name to the address that is connected to, within a time, and never to one that outgoing requests refuse.

Whoever may name an address for messages must not reach by it what answers only to this machine's network: the
metadata services of clouds, which hand out credentials, and link-local addresses. What was checked is what is
connected to, so that a name which resolves differently a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TypeAlias

from accelerapp.base import errors, side_by_side

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset(
    ipaddress.ip_address(each)
    for each in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
"""Metadata services that are not link-local: Alibaba, Azure, Oracle, AWS and Google over IPv6."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_asker = side_by_side.SideBySide()


class RefusedAddressError(errors.WrongUseError):
    """Outgoing requests do not go to this address."""


class NoSuchHostError(errors.CannotTellError):
    """The name cannot be resolved now."""


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host, in the order to try. Raises RefusedAddressError if one is refused, NoSuchHostError."""
    outcome = _asker.ask({host: lambda: _look_up(host, port)}, seconds)[host]
    if isinstance(outcome, side_by_side.Silent):
        raise NoSuchHostError(f"The name {host} was not resolved in time.", mend="Check the DNS of this machine.")
    if isinstance(outcome, side_by_side.Failed):
        raise NoSuchHostError(f"The name {host} is not known.", mend="Check the address.") from outcome.error
    for each in outcome.value:
        if is_refused(each):
            raise _refused(host, each)
    return outcome.value


def refuse_literal(host: str) -> None:
    """For hosts that another resolves: raises RefusedAddressError if it is itself an address that is refused."""
    try:
        found = _look_up_numeric(host)
    except OSError:
        return
    for each in found:
        if is_refused(each):
            raise _refused(host, each)


def _refused(host: str, address: str) -> RefusedAddressError:
    return RefusedAddressError(
        f"{host} leads to {address}, where outgoing requests do not go.",
        mend="Name an address that is not link-local and no metadata service.",
    )


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _look_up_numeric(host: str) -> list[str]:
    """Of an address in any way of writing, such as 0xa9fea9fe; raises OSError for a name."""
    found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(place[0]) for *_, place in found]


def is_refused(address: str) -> bool:
    """Is it link-local, a metadata service, or no address of one machine? Also when wrapped into IPv6."""
    plain = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    return plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _METADATA


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
