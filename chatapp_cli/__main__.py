"""Runs the command line: ``python -m chatapp_cli``."""

from chatapp_cli.cli import main

if __name__ == "__main__":
    main()
