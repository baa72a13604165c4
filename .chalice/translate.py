#!/usr/bin/env python3
"""Translate the SAM template as CloudFormation would, and lint the result.

    python .chalice/translate.py OUT        # reads OUT/sam.json, writes OUT/cloudformation.json

Some mistakes show only in what the functions and their events become. It runs in an environment
of its own: the translator pins a pydantic older than the one that is shipped.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

#: Stands for the address that `aws cloudformation package` puts in for deployment.zip.
UPLOADED = "s3://uploaded/deployment.zip"


class NoManagedPolicies:
    """Our roles are written by hand, so the translator need not ask IAM for policies by name."""

    def load(self) -> dict[str, str]:
        """Know none."""
        return {}


def main() -> None:
    """Translate and lint, or say what stands against it."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    out = Path(sys.argv[1])
    sam = json.loads((out / "sam.json").read_text())
    for resource in sam["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = UPLOADED
    try:
        template = transform(sam, {}, NoManagedPolicies())
    except InvalidDocumentException as error:
        sys.exit("\n".join(str(cause.message) for cause in error.causes))
    translated = out / "cloudformation.json"
    translated.write_text(json.dumps(template, indent=2) + "\n")
    command = [sys.executable, "-c", "from cfnlint.runner import main; main()", str(translated)]
    if subprocess.run(command, check=False).returncode:
        sys.exit("cfn-lint refuses the translated template")
    print(f"ok {translated}: {len(template['Resources'])} resources")


if __name__ == "__main__":
    main()
