"""The revision that this program speaks, told by the names of its migrations."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from chatapp_cli.store import migrate


def test_the_head_is_alembics_own() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate._FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]
