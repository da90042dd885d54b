"""What a channel cannot carry is refused before anything is stored, with the reason."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.draft import Draft, StagedFile, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities

PICTURES = Capabilities(intake="poll", max_upload=1_048_576, upload_types=("image/png", "image/jpeg"))


def draft(mime: str) -> Draft:
    return Draft(files=(StagedFile(name="Прайс.pdf", mime=mime, size=10, sha256="0" * 64),))


def test_a_type_of_file_that_a_channel_does_not_carry_is_refused_with_those_that_it_does() -> None:
    require_deliverable(PICTURES, draft("image/png"))
    with pytest.raises(Refused) as caught:
        require_deliverable(PICTURES, draft("application/pdf"))
    assert caught.value.code == "file_type"
    assert str(caught.value) == "Прайс.pdf is of a type that this channel does not carry."
    assert str(caught.value.next_step) == "It takes: image/png, image/jpeg"


def test_without_a_list_of_types_every_file_goes() -> None:
    require_deliverable(Capabilities(intake="poll", max_upload=1_048_576), draft("application/pdf"))
