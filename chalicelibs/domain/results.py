"""What was said in a call, where it is too much to stand on the call itself."""

from dataclasses import replace

from chalicelibs.domain import analysis, transcript
from chalicelibs.domain.call import Call
from chalicelibs.domain.weight import weight

#: More than this does not stand on a call: S3 takes for an object what DynamoDB takes for eight
#: write units, of which each is a KiB.
MOST_ON_CALL = 8 * 1024

#: What a call shows of its transcript then, and of its analysis.
BEGINNING = 1024


def is_large(call: Call) -> bool:
    """Whether the transcript and the analysis of a call are kept beside it."""
    said = weight(transcript.to_lines(call.transcript))
    return said + weight(call.analysis) > MOST_ON_CALL


def abridged(call: Call) -> Call:
    """The call with the beginnings of its transcript and analysis, marked where they are cut."""
    return replace(
        call,
        transcript=transcript.beginning(call.transcript, BEGINNING),
        analysis=analysis.bounded(call.analysis, BEGINNING),
        is_abridged=True,
    )
