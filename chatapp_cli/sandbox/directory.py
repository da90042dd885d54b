"""Finds the sandbox of a channel: the module of its name, whose ``create()`` makes one."""

from __future__ import annotations

from importlib import import_module, util

from chatapp_cli.sandbox.stage import Sandbox


def has_sandbox(kind: str) -> bool:
    """Whether a channel has a sandbox server."""
    return util.find_spec(f"chatapp_cli.sandbox.{kind}") is not None


def sandbox(kind: str) -> Sandbox:
    """Make the channel's sandbox; it listens once it is entered."""
    made: Sandbox = import_module(f"chatapp_cli.sandbox.{kind}").create()
    return made
