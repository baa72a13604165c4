"""The API in the words of HMS Sovereign's *Outbound Campaigns*: assistants and leads."""

from chalicelibs.api.sovereign import calls as calls
from chalicelibs.api.sovereign import campaigns as campaigns
from chalicelibs.api.sovereign import leads as leads
from chalicelibs.api.sovereign import settings as settings
from chalicelibs.api.sovereign import words as words
