"""Whatever a carrier answers, it was asked once, and what is not certain is taken for unknown."""

import socket
import ssl
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chalicelibs.adapters.carriers.asking import Line
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    CannotSay,
    Denied,
    PlaceAnswer,
    Refused,
    Throttled,
    Unreachable,
)
from tests.builders import a_call
from tests.contract.carriers.known import KINDS, LIMIT_S, REQUEST, SHORT_S, carrier
from tests.contract.carriers.loopback import Loopback

HTML = b"<html><body>Bad Gateway</body></html>"
SECONDS = timedelta(seconds=1)

each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_a_call_is_asked_for_once_and_its_id_kept(server: Loopback, kind: str) -> None:
    server.says(KINDS[kind].accepted)

    assert carrier(kind, server.url).place(REQUEST) == Accepted(KINDS[kind].carrier_call_id)

    (seen,) = server.seen
    assert seen.method == "POST"
    assert seen.headers["host"] == f"127.0.0.1:{server.server_port}"
    assert "the-secret" not in seen.body.decode().replace("x-vapi-secret", "") or kind == "vapi"


ANSWERS: list[tuple[int, Any, PlaceAnswer]] = [
    (400, HTML, Refused("http_400")),
    (402, {"error": "no money"}, Refused("http_402")),
    (403, HTML, Refused("http_403")),
    (404, b"", Refused("http_404")),
    (422, b"\xff\xfe", Refused("http_422")),
    (401, HTML, Denied()),
    (429, HTML, Throttled(5 * SECONDS)),
    (301, b"", Refused("http_301")),
    (307, b"", Refused("http_307")),
    (303, b"", AnswerLost()),
    (408, HTML, AnswerLost()),
    (409, HTML, AnswerLost()),
    (500, HTML, AnswerLost()),
    (502, HTML, AnswerLost()),
    (503, b"", AnswerLost()),
    (504, b"", AnswerLost()),
    (201, HTML, AnswerLost()),
    (201, b"", AnswerLost()),
    (201, [], AnswerLost()),
    (201, b"[" * 100_000, AnswerLost()),
    (201, b" " * 5_000_000, AnswerLost()),
]


@each_kind
def test_only_what_is_certain_is_taken_for_certain(server: Loopback, kind: str) -> None:
    own = carrier(kind, server.url)

    for asked, (status, body, expected) in enumerate(ANSWERS, start=1):
        server.says((status, body), headers={"Location": "http://127.0.0.1:9/"})

        assert own.place(REQUEST) == expected, status
        assert len(server.seen) == asked, "one request, never repeated, no redirect followed"


@each_kind
@pytest.mark.parametrize("manner", ["hang", "broken", "drip", "drip_headers", "cut"])
def test_an_answer_that_does_not_come_leaves_the_call_unknown(
    server: Loopback, kind: str, manner: str
) -> None:
    status, body = KINDS[kind].accepted
    server.says((status, body), manner=manner)

    line = Line(allows_private=True, limit_s=SHORT_S)
    assert carrier(kind, server.url, line=line).place(REQUEST) == AnswerLost()

    assert len(server.seen) == 1
    assert not server.is_over.is_set(), "nobody waited for it to end"


@each_kind
def test_a_full_carrier_says_how_long_it_wants_to_be_left_alone(
    server: Loopback, kind: str
) -> None:
    server.says((429, {}), headers={"Retry-After": "37"})

    assert carrier(kind, server.url).place(REQUEST) == Throttled(37 * SECONDS)


@each_kind
def test_where_nobody_listens_nothing_was_sent(kind: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        own = carrier(kind, f"http://127.0.0.1:{taken.getsockname()[1]}")

        assert own.place(REQUEST) == Unreachable()
        assert own.fetch(a_call(carrier_call_id="x")) == CannotSay()


@each_kind
def test_without_its_secret_a_carrier_is_not_asked(server: Loopback, kind: str) -> None:
    assert carrier(kind, server.url, secret="").place(REQUEST) == Denied("secret_missing")

    assert server.seen == []


# --- Where requests may go ---------------------------------------------------------------------

PRIVATE = [
    "127.0.0.1",
    "10.0.0.7",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fec0::1",
]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("kind", ["http", "twilio"])
def test_no_inner_address_is_asked(server: Loopback, kind: str, address: str) -> None:
    line = Line(resolve=lambda *_: [address], limit_s=LIMIT_S)
    url = f"https://voice.test:{server.server_port}"

    assert carrier(kind, url, line=line).place(REQUEST) == Refused("address_not_allowed")

    assert server.seen == []


def test_one_inner_address_among_others_spoils_them_all() -> None:
    line = Line(resolve=lambda *_: ["93.184.216.34", "10.0.0.7"], limit_s=LIMIT_S)

    own = carrier("http", "https://voice.test", line=line)

    assert own.place(REQUEST) == Refused("address_not_allowed")


def test_a_name_that_changes_its_mind_is_looked_up_once(server: Loopback) -> None:
    """DNS rebinding: the address that was judged is the one that is asked."""
    addresses = iter([["127.0.0.1"], ["10.0.0.7"]])
    line = Line(resolve=lambda *_: next(addresses), allows_private=True, limit_s=LIMIT_S)
    server.says(KINDS["http"].accepted)

    answer = carrier("http", f"http://voice.test:{server.server_port}", line=line).place(REQUEST)

    assert answer == Accepted("h-1")
    assert server.seen[0].headers["host"] == f"voice.test:{server.server_port}"
    assert next(addresses) == ["10.0.0.7"]


@pytest.mark.parametrize("address", ["http://voice.test", "http://93.184.216.34"])
def test_nobody_is_told_secrets_in_the_clear(address: str) -> None:
    line = Line(resolve=lambda *_: ["93.184.216.34"], limit_s=LIMIT_S)

    assert carrier("http", address, line=line).place(REQUEST) == Refused("address_not_allowed")


def test_a_name_that_nobody_knows_is_nobody() -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror

    line = Line(resolve=unknown, limit_s=LIMIT_S)

    assert carrier("http", "https://voice.test", line=line).place(REQUEST) == Unreachable()


def test_who_cannot_show_who_he_is_is_told_nothing(tmp_path: Path) -> None:
    """A certificate that nobody vouches for: the connection ends before a byte of ours is sent."""
    heard, answer = over_tls(self_signed(tmp_path), "voice.test")

    assert answer == Unreachable()
    assert b"".join(heard) == b""


@pytest.mark.parametrize(
    ("host", "answer"), [("voice.test", Accepted("h-1")), ("other.test", Unreachable())]
)
def test_at_a_looked_up_address_the_name_must_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, answer: PlaceAnswer
) -> None:
    """The connection goes to a number, the certificate is asked for the name."""
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    heard, got = over_tls(certificate, host)

    assert got == answer
    assert (f"Host: {host}".encode() in b"".join(heard)) == (answer == Accepted("h-1"))


def over_tls(certificate: Path, host: str) -> tuple[list[bytes], PlaceAnswer]:
    """Ask somebody for a call who shows this certificate; gives what he heard, and the answer."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taking = Thread(target=pretend, args=(listening, certificate, heard), daemon=True)
        taking.start()
        line = Line(resolve=lambda *_: ["127.0.0.1"], allows_private=True, limit_s=LIMIT_S)
        url = f"https://{host}:{listening.getsockname()[1]}"
        answer = carrier("http", url, line=line).place(REQUEST)
        taking.join(LIMIT_S)
    return heard, answer


def pretend(listening: socket.socket, certificate: Path, heard: list[bytes]) -> None:
    """Take one connection, and answer it if it comes to that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    connection, _ = listening.accept()
    try:
        with context.wrap_socket(connection, server_side=True) as spoken:
            # To its end, which is JSON: who hangs up on what is still being sent, resets the line.
            while not b"".join(heard).endswith(b"}") and (part := spoken.recv(65536)):
                heard.append(part)
            spoken.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 13\r\n\r\n{"id": "h-1"}')
    except OSError:
        connection.close()


def self_signed(folder: Path) -> Path:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "voice.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("voice.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "own.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
