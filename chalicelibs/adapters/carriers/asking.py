"""One request to a carrier: made once, over soon whatever answers, and never to an inner address.

A connection of its own for each request makes one thing certain that a kept one cannot: where it
could not be made, nothing was sent. On a kept one a request may die because the other end had
closed it, or because it broke while the phone rang, and nobody can tell which.
"""

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Timer
from typing import Any, Protocol, cast
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection

#: How long a connection may take, one wait for bytes, and all of it; well below what the function
#: may run for a batch, and below `Deadlines.sending`.
CONNECT_S, READ_S, ALL_S = 3.0, 6.0, 7.0

#: What is read of an answer; a longer one is none.
MOST_BYTES = 1024 * 1024

#: Addresses of the old world inside the new one: their last 32 bits decide.
EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"), IPv6Network("::/96"))

PORTS = {"https": 443, "http": 80}

Resolve = Callable[[str, int], Iterable[str]]


class NotAllowedAddress(Exception):
    """The address is none that a carrier may have; says why, and nothing was sent."""


class NotConnected(Exception):
    """There was no connection: not a byte was sent."""


class NoAnswer(Exception):
    """The request was sent, and what came back is no whole answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]  #: With names in lower case.
    body: bytes


class Asks(Protocol):
    """Whoever carries requests to carriers."""

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Send a request once.

        Raises:
            NotAllowedAddress: when nobody may be asked there.
            NotConnected: when there was no connection.
            NoAnswer: when there was one, and no whole answer came.
        """


class Line:
    """Asks over a new connection, at the address that was looked up and judged, and no other."""

    def __init__(
        self,
        *,
        allows_private: bool = False,
        resolve: Resolve | None = None,
        limit_s: float = ALL_S,
    ) -> None:
        self._allows_private = allows_private
        self._resolve = resolve or addresses_of
        self._limit_s = limit_s

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """See `Asks`. A redirect is an answer like others: it is not followed."""
        place = self._place_of(url)
        with closing(self._connected(place)) as connection:
            hang_up = Timer(self._limit_s, _shut, [connection.sock])
            hang_up.daemon = True
            hang_up.start()
            try:
                return _answer(connection, method, place, headers, body)
            except Exception as error:
                # Whatever broke, it broke after the connection stood: the phone may be ringing.
                raise NoAnswer(type(error).__name__) from error
            finally:
                hang_up.cancel()

    def _place_of(self, url: str) -> SplitResult:
        try:
            place = urlsplit(url)
            _ = place.port
        except ValueError as error:
            raise NotAllowedAddress("the address cannot be read") from error
        if place.username is not None or not place.hostname:
            raise NotAllowedAddress("the address names no host, or a user")
        if place.scheme not in PORTS or (place.scheme == "http" and not self._allows_private):
            raise NotAllowedAddress("the address must begin with https")
        return place

    def _connected(self, place: SplitResult) -> HTTPConnection:
        """A connection to an address that was judged: no name is looked up a second time."""
        host, port = place.hostname or "", place.port or PORTS[place.scheme]
        address = self._judged(host, port)
        timeout = min(CONNECT_S, self._limit_s)
        connection: HTTPConnection
        if place.scheme == "https":
            connection = HTTPSConnection(
                address, port, timeout=timeout, server_hostname=host, assert_hostname=host
            )
        else:
            connection = HTTPConnection(address, port, timeout=timeout)
        try:
            connection.connect()
        except Exception as error:  # also of a certificate, which is neither's error
            connection.close()
            raise NotConnected(type(error).__name__) from error
        cast(Any, connection.sock).settimeout(min(READ_S, self._limit_s))
        return connection

    def _judged(self, host: str, port: int) -> str:
        try:
            found = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise NotConnected("the name is not known") from error
        if not found:
            raise NotConnected("the name is not known")
        # All of them: who gives one good address and one bad one hopes that we take the bad one.
        if not self._allows_private and not all(is_public(one) for one in found):
            raise NotAllowedAddress("the address is not a public one")
        return found[0]


def addresses_of(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, and no other behind it."""
    try:
        found = ip_address(address)
    except ValueError:  # with a zone: of this very network
        return False
    if isinstance(found, IPv6Address):
        if any(found in network for network in EMBEDDING):
            return is_public(str(ip_address(int(found) & 0xFFFFFFFF)))
        if found.sixtofour is not None:
            return is_public(str(found.sixtofour))
        # What was for inner networks once, `fec0::/10`, counts as global in Python.
        if found.teredo is not None or found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _answer(
    connection: HTTPConnection,
    method: str,
    place: SplitResult,
    headers: Mapping[str, str],
    body: bytes | None,
) -> Reply:
    path = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
    host = place.netloc.rpartition("@")[2]
    connection.request(
        method,
        path,
        body=body,
        headers={"Host": host, "User-Agent": "carillon", "Connection": "close", **headers},
        preload_content=False,
        decode_content=False,
    )
    response = connection.getresponse()
    told = response.read(MOST_BYTES + 1)
    if len(told) > MOST_BYTES:
        raise NoAnswer("the answer is too long")
    return Reply(response.status, {k.lower(): v for k, v in response.headers.items()}, told)


def _shut(sock: socket.socket) -> None:
    """End all waiting on a connection, from outside; TLS is not asked, it would wait, too."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
