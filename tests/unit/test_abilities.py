"""What a session can be asked for, told once."""

from inspect import signature

import pytest

from chatapp_cli.domain.errand import Errand
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.ports.abilities import ABILITIES
from chatapp_cli.services import errands

NOTHING = Capabilities(intake="poll")


@pytest.mark.parametrize("errand", Errand)
def test_each_request_is_a_method_of_the_sessions_that_have_the_ability(errand: Errand) -> None:
    method = getattr(ABILITIES[errand].protocol, errand)
    assert [name for name in signature(method).parameters if name != "self"] == {
        Errand.FIND: ["address"],
        Errand.FOLLOW: ["address"],
        Errand.UNFOLLOW: ["address"],
        Errand.HISTORY: ["address", "after"],
        Errand.CREATE_GROUP: ["title", "members"],
        Errand.ADD_MEMBERS: ["address", "members"],
        Errand.REMOVE_MEMBERS: ["address", "members"],
        Errand.RENAME_GROUP: ["address", "title"],
        Errand.END_GROUP: ["address"],
        Errand.SUBMIT: ["template"],
    }.get(errand, [])


@pytest.mark.parametrize("errand", Errand)
def test_a_channel_without_the_ability_is_not_asked_and_some_channel_can_be(errand: Errand) -> None:
    with pytest.raises(Refused, match="cannot be asked"):
        errands.allowed(NOTHING, errand)
    able = [one.kind for one in manifests().values() if ABILITIES[errand].declared(one.capabilities)]
    assert able
    errands.allowed(manifests()[able[0]].capabilities, errand)
