"""A telephone network for tests: one scenario of SIPp in which every number has a phone.

The last digit of the number decides what its phone does.
"""

from collections.abc import Iterator, Mapping
from typing import Final

#: The phones that refuse, and with what. 0, 1 and 9 answer and wait for the caller to hang up.
REFUSALS: Final[Mapping[int, str]] = {
    2: "486 Busy Here",
    3: "603 Decline",
    4: "404 Not Found",
    5: "503 Service Unavailable",
    6: "480 Temporarily Unavailable",
}
RINGS_FOR_EVER: Final = 7
HANGS_UP: Final = 8  #: It answers, and hangs up soon.

#: How long those talk who hang up.
TALK_MS: Final = 500

#: What a line of the phones' log begins with for each INVITE that is no repetition.
INVITED: Final = "invited"

_OVER = 99

_SAME = "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]P[call_number]\n[last_Call-ID:]\n"
_CONTACT = "Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n"
_EMPTY = "Content-Length: 0\n"
_SOUND = """\
Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP[local_ip_type] [local_ip]
s=phone
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""

#: What later steps need of the INVITE: 2 the digit, 4 the call id, 6 CSeq, 7 who calls.
_INVITE = f"""\
<recv request="INVITE" rrs="true"><action>
  <ereg regexp="INVITE sip:[^@]*([0-9])@" search_in="msg" assign_to="1,2"/>
  <ereg regexp="X-Correlation-Id: *([A-Za-z0-9._:-]+)" search_in="msg" assign_to="3,4"/>
  <ereg regexp="([0-9]+)" search_in="hdr" header="CSeq:" assign_to="5,6"/>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="7"/>
  <log message="{INVITED} [$4] at ...[$2]"/>
</action></recv>
"""
#: SIPp wants every variable to be used; these are by-products.
_UNUSED = '<Reference variables="1,3,5"/>\n'


def scenario(*, ring_ms: int) -> str:
    """The whole network, as SIPp reads it; phones ring so long before anybody does anything."""
    steps = "".join(_steps(_wait(ring_ms)))
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        '<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
        f'<scenario name="phones">\n{steps}</scenario>\n'
    )


def _steps(ring: str) -> Iterator[str]:
    yield _INVITE
    yield _send(f"SIP/2.0 180 Ringing\n{_SAME}[last_CSeq:]\n{_CONTACT}{_EMPTY}")
    for digit in (*REFUSALS, RINGS_FOR_EVER, HANGS_UP):
        yield _go_if_digit(digit)
    yield ring + _answer() + _receive("BYE") + _agree() + _go(_OVER)
    for digit, status in REFUSALS.items():
        yield _label(digit) + ring + _refuse(status) + _go(_OVER)
    yield _label(RINGS_FOR_EVER) + _ring_until_cancelled() + _go(_OVER)
    yield _label(HANGS_UP) + ring + _answer() + _wait(TALK_MS) + _hang_up()
    yield _label(_OVER) + _UNUSED


def _answer() -> str:
    ok = _send(f"SIP/2.0 200 OK\n{_SAME}[last_CSeq:]\n{_CONTACT}{_SOUND}", again=True)
    return ok + _receive("ACK")


def _refuse(status: str) -> str:
    refusal = _send(f"SIP/2.0 {status}\n{_SAME}[last_CSeq:]\n{_EMPTY}", again=True)
    return refusal + _receive("ACK")


def _ring_until_cancelled() -> str:
    """A CANCEL has an answer of its own; the INVITE ends under its own number."""
    end = f"SIP/2.0 487 Request Terminated\n{_SAME}CSeq: [$6] INVITE\n{_EMPTY}"
    return _receive("CANCEL") + _agree() + _send(end, again=True) + _receive("ACK")


def _hang_up() -> str:
    bye = f"""\
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:phone@[local_ip]:[local_port]>;tag=[pid]P[call_number]
To:[$7]
[last_Call-ID:]
CSeq: 1 BYE
Max-Forwards: 70
{_EMPTY}"""
    return _send(bye, again=True) + '<recv response="200"/>\n'


def _agree() -> str:
    return _send(f"SIP/2.0 200 OK\n{_SAME}[last_CSeq:]\n{_EMPTY}")


def _send(message: str, *, again: bool = False) -> str:
    """Send, and with `again` repeat it until it is answered."""
    attributes = ' retrans="500"' if again else ""
    return f"<send{attributes}><![CDATA[\n{message}\n]]></send>\n"


def _receive(request: str) -> str:
    return f'<recv request="{request}"/>\n'


def _wait(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>\n'


def _label(number: int) -> str:
    return f'<label id="{number}"/>\n'


def _go(label: int) -> str:
    return f'<nop next="{label}"/>\n'


def _go_if_digit(digit: int) -> str:
    """Go to the phone of a digit: `test` takes a truth into 9 and `next` goes where it holds."""
    return (
        f'<nop><action><strcmp assign_to="8" variable="2" value="{digit}"/>'
        '<test assign_to="9" variable="8" compare="equal" value="0"/></action></nop>\n'
        f'<nop next="{digit}" test="9"/>\n'
    )
