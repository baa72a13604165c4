"""`python -m client`: what the command `carillon` runs."""

from client.commands import app


def main() -> None:
    """Run the command that was typed."""
    app(prog_name="carillon")


if __name__ == "__main__":
    main()
