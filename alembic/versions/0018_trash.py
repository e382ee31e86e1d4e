"""deleted videos stay in the trash for a week"""

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("video", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_video_trash", "video", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_video_trash", table_name="video")
    op.drop_column("video", "deleted_at")
