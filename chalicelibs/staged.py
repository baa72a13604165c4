"""A guard against Chalice's own `deploy` and `package`, which ship a zip without this folder.

Chalice bundles `chalicelib`, not `chalicelibs`, says nothing and exits with 0. So
`.chalice/package.py` stages a copy of the project in which this folder stands under `vendor`.
"""

from pathlib import Path

#: Commands of Chalice that build what would be deployed.
BUILDING = frozenset({"deploy", "package"})

RIGHT = """\
`chalice {command}` would ship a zip without chalicelibs/: every function would fail at its start.
Build with

    make package STAGE=dev

and release what it builds as docs/deploy.md says."""


def require_staging() -> None:
    """Stop a command of Chalice that builds from anything but the staged copy.

    Raises:
        ClickException: which is shown as it is, and ends the command with 1.
    """
    import click  # Chalice's command line runs on it

    context = click.get_current_context(silent=True)
    command = context.info_name if context else None
    if command in BUILDING and Path(__file__).parents[1].name != "vendor":
        raise click.ClickException(RIGHT.format(command=command))
