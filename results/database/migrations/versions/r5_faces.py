"""When frames without a face were shown; faces that were merged or split by hand."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    op.create_table(
        "frame_times",
        sa.Column(
            "session_key", sa.Integer(), sa.ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("first", sa.Integer(), primary_key=True),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "face_parts",
        sa.Column(
            "session_key", sa.Integer(), sa.ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("track", sa.Integer(), primary_key=True),
        sa.Column("first", sa.Integer(), primary_key=True),
        sa.Column("face_id", sa.Integer(), nullable=False),
    )
    op.create_table(
        "face_edits",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column(
            "session_key",
            sa.Integer(),
            sa.ForeignKey("sessions.key", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("faces", sa.JSON(), nullable=False),
        sa.Column("at_s", sa.Double()),
        sa.Column("undo", sa.JSON(), nullable=False),
    )
