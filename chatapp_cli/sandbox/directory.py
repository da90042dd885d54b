"""Finds the sandbox of a channel or a CRM: the module of its name, whose ``create()`` makes one."""

from __future__ import annotations

from importlib import import_module, util

from chatapp_cli.sandbox.stage import CrmSandbox, Sandbox


def has_sandbox(kind: str) -> bool:
    """Whether a channel or a CRM has a sandbox server."""
    return util.find_spec(f"chatapp_cli.sandbox.{kind}") is not None


def has_demo(kind: str) -> bool:
    """Whether a CRM's sandbox has employees for the demo."""
    return has_sandbox(kind) and util.find_spec(f"chatapp_cli.sandbox.{kind}.demo") is not None


def sandbox(kind: str) -> Sandbox:
    """Make the channel's sandbox; it listens once it is entered."""
    made: Sandbox = import_module(f"chatapp_cli.sandbox.{kind}").create()
    return made


def crm_sandbox(kind: str) -> CrmSandbox:
    """Make the CRM's sandbox; it listens once it is entered."""
    made: CrmSandbox = import_module(f"chatapp_cli.sandbox.{kind}").create()
    return made
