"""video ranges"""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rendition", sa.Column("video_range", sa.String(length=8), server_default="SDR", nullable=False))


def downgrade() -> None:
    op.drop_column("rendition", "video_range")
