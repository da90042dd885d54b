"""What the channel says of itself before anything is tried."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from subprocess import run

import pytest

from chatapp_cli.connectors import vk
from chatapp_cli.connectors.vk.errors import refused
from chatapp_cli.kit.http import VERDICTS
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.sandbox.vk import VkSandbox
from tests.connectors.vk.judge import schema

SOURCES = sorted(Path(vk.__path__[0]).glob("*.py"))
RAISED = re.compile(
    r"(?:Retryable|Rejected|OutcomeUnknown|NeedsRebind|Misconfigured|RateLimited|NotPermitted|Unverified|_number|_unreachable)"
    r'\)?(?:, |\()(?:[^")]*, )?"([a-z_]+)"'
)


@pytest.mark.req("S-036")
def test_its_number_is_stable() -> None:
    assert manifest("vk").source_id == 3


@pytest.mark.req("S-076")
@pytest.mark.req("S-120")
def test_only_a_client_begins() -> None:
    assert list(manifest("vk").capabilities.write_first) == []


def test_every_code_that_is_raised_is_explained_with_what_to_do() -> None:
    raised = {code for source in SOURCES for code in RAISED.findall(source.read_text("utf-8"))}
    assert {"only_in_public", "sent_in_part", "long_poll_lost", "denied", "captcha", "cannot_edit"} <= raised
    network = {"timeout", "unreachable", "no_answer", "bad_url", "proxies_down", "rate_limited"}
    statuses = {verdict("").code for verdict in VERDICTS.values()}
    explained = manifest("vk").errors
    assert raised | network | statuses <= explained.keys()
    assert explained.keys() <= raised | network | statuses | {"file_too_big", "removed_from_chat"}
    obvious = {"message_gone", "bad_request"}
    assert {code for code, words in explained.items() if words.step_when_bound is None} == obvious


def test_every_number_that_vk_publishes_leads_somewhere() -> None:
    judge = schema()
    if judge is None:
        pytest.skip("VK's published schema is not beside the project")
    assert {refused(code, "").code for code in judge.codes} <= manifest("vk").errors.keys()


def test_listing_channels_imports_none() -> None:
    listing = """
import sys
from chatapp_cli.kit.manifests import manifests
print("vk" in manifests(), "aiohttp" in sys.modules)
"""
    done = run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.split() == ["True", "False"]


def test_the_sandbox_answers_every_question_of_the_form() -> None:
    asked = {field.name for field in manifest("vk").fields}
    assert asked - VkSandbox().answers.keys() == {"proxies"}
