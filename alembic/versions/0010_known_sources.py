"""known sources"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("video", sa.Column("source_etag", sa.String(length=128), nullable=True))
    op.create_index(
        "ix_video_source_team", "video", ["source_etag", "team_id"], postgresql_where=sa.text("source_etag IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_video_source_team", table_name="video")
    op.drop_column("video", "source_etag")
