"""Where viewers' cameras are analysed."""

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"


def upgrade() -> None:
    op.add_column("studies", sa.Column("analysed", sa.String(10), nullable=False, server_default="server"))
