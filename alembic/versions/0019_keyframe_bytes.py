"""remember where the first frame of a segment ends, for I-frame playlists"""

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segment", sa.Column("keyframe_bytes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("segment", "keyframe_bytes")
