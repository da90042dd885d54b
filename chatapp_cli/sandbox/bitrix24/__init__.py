"""A Bitrix24 portal for tests, with its authorisation server and the people who work in it."""

from chatapp_cli.sandbox.bitrix24.demo import create
from chatapp_cli.sandbox.bitrix24.misbehaviour import TOKEN, Misbehaviour
from chatapp_cli.sandbox.bitrix24.portal import Portal

__all__ = ["TOKEN", "Misbehaviour", "Portal", "create"]
