"""What networks may say beside valence: its error, arousal, shares of expressions."""

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"

_EXPRESSIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


def upgrade() -> None:
    for column in ("valence_error", "arousal", *(f"expression_{name}" for name in _EXPRESSIONS)):
        op.add_column("samples", sa.Column(column, sa.Double()))
