"""A store whose key was lost or exchanged: said in words, and mended by binding again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import StoreError
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import binding
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.sandbox.email import EmailSandbox
from chatapp_cli.services import channels, lines
from chatapp_cli.settings import LoadedSettings, Settings
from chatapp_cli.store.rows.channels import ChannelRow
from tests.contract.connector_contract import ScriptedAsker
from tests.stores import OWNER


async def bind(company: Company, sandbox: EmailSandbox, line: int, previous: ChannelRow | None = None) -> ChannelRow:
    number = await binding.bind(company, ScriptedAsker(sandbox.answers), line=line, kind="email", previous=previous)
    return company.read(partial(channels.one, channel=number))


def key_finding(settings: Settings) -> Finding:
    return next(one for one in examine(LoadedSettings(settings, {}, Path())) if one.name == "key")


@pytest.mark.parametrize("key", [None, b"VGhpcyBpcyBub3QgdGhlIGtleSBvZiB0aGlzIHN0b3I=\n"], ids=["lost", "another"])
async def test_a_channel_whose_key_is_gone_is_found_by_the_doctor_and_bound_again(
    tmp_path: Path, key: bytes | None
) -> None:
    settings = Settings(home=str(tmp_path))
    company = open_company(settings).seen_by(OWNER)
    try:
        line = company.write(partial(lines.add, name="Продажи"))
        async with EmailSandbox() as sandbox:
            first = await bind(company, sandbox, line)
            assert key_finding(settings).ok
            file = settings.folder / "secret.key"
            file.unlink()
            if key:
                file.write_bytes(key)
                file.chmod(0o600)
            assert not key_finding(settings).ok
            with pytest.raises(StoreError):
                await binding.check(company, first)
            again = await bind(company, sandbox, line, previous=first)
            assert again.id == first.id
            assert all(finding.ok for finding in await binding.check(company, again))
            assert key_finding(settings).ok
    finally:
        company.close()
