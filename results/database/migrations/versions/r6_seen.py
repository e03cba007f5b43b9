"""What is seen of a face beside its valence, where networks tell it; faces of posters and screens."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    for column in ("roll", "yaw", "pitch", "eyes_closed", "mouth_covered", "half_covered"):
        op.add_column("samples", sa.Column(column, sa.Double()))
    op.create_table(
        "still_tracks",
        sa.Column(
            "session_key", sa.Integer(), sa.ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("track", sa.Integer(), primary_key=True),
    )
