"""An amoCRM account for tests, with its chats and the people who work in it."""

from chatapp_cli.sandbox.amocrm.account import Account
from chatapp_cli.sandbox.amocrm.demo import create
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.server import TOKEN

__all__ = ["TOKEN", "Account", "AmoFaults", "create"]
