"""Who may do what: operators, sign-ins, tokens, links, an audit trail; one name for the smoothing."""

import json

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    op.add_column(
        "studies", sa.Column("allow_spectators", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("sessions", sa.Column("person", sa.String()))
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.add_column("viewers", sa.Column("token", sa.String()))
    op.create_index("viewers_by_token", "viewers", ["token"], unique=True)
    op.create_table(
        "operators",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "sign_ins",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column("hash", sa.String(), nullable=False, unique=True),
        sa.Column(
            "operator_key", sa.Integer(), sa.ForeignKey("operators.key", ondelete="CASCADE"), index=True
        ),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("hash", sa.String(), primary_key=True),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("hash", sa.String(), nullable=False, unique=True),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "links",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column("token", sa.String(), nullable=False, unique=True),
        sa.Column("stimulus_key", sa.Integer(), sa.ForeignKey("stimuli.key", ondelete="CASCADE"), index=True),
        sa.Column("session_key", sa.Integer(), sa.ForeignKey("sessions.key", ondelete="CASCADE"), index=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True)),
        sa.Column("revoked", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "audit",
        sa.Column("key", sa.Integer(), primary_key=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )
    _rename_smoothing()
    op.drop_table("schema")


def _rename_smoothing() -> None:
    """What files called ``smoothing_s`` and live sessions ``smoothing`` is one thing."""
    sessions = sa.table("sessions", sa.column("key", sa.Integer), sa.column("settings", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(sessions.c.key, sessions.c.settings)).fetchall():
        settings = json.loads(row.settings) if isinstance(row.settings, str) else dict(row.settings)
        if "smoothing_s" in settings:
            settings["smoothing"] = settings.pop("smoothing_s")
            connection.execute(sa.update(sessions).where(sessions.c.key == row.key).values(settings=settings))
