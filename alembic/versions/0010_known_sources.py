"""known sources"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("video", sa.Column("source_etag", sa.String(length=128), nullable=True))
    op.create_index("ix_video_team_source", "video", ["team_id", "source_etag"])


def downgrade() -> None:
    op.drop_index("ix_video_team_source", table_name="video")
    op.drop_column("video", "source_etag")
