"""Words by which people sort their sessions."""

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
