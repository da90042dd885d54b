"""What a session can be asked for, told once."""

from inspect import signature

import pytest

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.ports.abilities import ABILITIES
from chatapp_cli.services import session_requests

NOTHING = Capabilities(intake="poll")


@pytest.mark.parametrize("asked", SessionMethod)
def test_each_request_is_a_method_of_the_sessions_that_have_the_ability(asked: SessionMethod) -> None:
    method = getattr(ABILITIES[asked].protocol, asked)
    assert [name for name in signature(method).parameters if name != "self"] == {
        SessionMethod.FIND: ["address"],
        SessionMethod.FOLLOW: ["address"],
        SessionMethod.UNFOLLOW: ["address"],
        SessionMethod.HISTORY: ["address", "after"],
        SessionMethod.CREATE_GROUP: ["title", "members"],
        SessionMethod.ADD_MEMBERS: ["address", "members"],
        SessionMethod.REMOVE_MEMBERS: ["address", "members"],
        SessionMethod.RENAME_GROUP: ["address", "title"],
        SessionMethod.END_GROUP: ["address"],
        SessionMethod.SUBMIT: ["template"],
    }.get(asked, [])


@pytest.mark.parametrize("asked", SessionMethod)
@pytest.mark.req("C-13")
def test_a_channel_without_the_ability_is_not_asked_and_some_channel_can_be(asked: SessionMethod) -> None:
    with pytest.raises(Refused, match="cannot be asked"):
        session_requests.allowed(NOTHING, asked)
    able = [one.kind for one in manifests().values() if ABILITIES[asked].declared(one.capabilities)]
    assert able
    session_requests.allowed(manifests()[able[0]].capabilities, asked)
