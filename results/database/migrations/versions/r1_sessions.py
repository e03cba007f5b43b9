"""The first schema; databases of it are stamped, never made."""

revision = "1"
down_revision = None


def upgrade() -> None:
    """Nothing: its tables are there."""
