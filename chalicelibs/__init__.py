"""Carillon: outbound calling campaigns for AI voice agents, serverless on AWS."""

import sys

if "chalice.cli" in sys.modules:  # never in Lambda: its command line is not shipped
    from chalicelibs.staged import require_staging

    require_staging()
