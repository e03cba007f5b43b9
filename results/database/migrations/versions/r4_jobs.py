"""The queue of uploads, which was a file each."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("input", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False, index=True),
        sa.Column("session_key", sa.Integer(), sa.ForeignKey("sessions.key", ondelete="CASCADE"), index=True),
        sa.Column("error", sa.String()),
        sa.Column("no_face", sa.Boolean(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("frames_expected", sa.Integer()),
        sa.Column("fps", sa.Double(), nullable=False),
        sa.Column("owner_host", sa.String()),
        sa.Column("owner_pid", sa.Integer()),
        sa.Column("owner_started", sa.String()),
        sa.Column("heartbeat", sa.DateTime(timezone=True)),
    )
