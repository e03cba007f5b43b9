"""Where a session was read from, wherever the user stood when they named it."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("origin", sa.String(), nullable=False, server_default=""))
