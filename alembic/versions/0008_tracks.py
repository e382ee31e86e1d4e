"""tracks of a source beyond its first sound"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rendition", sa.Column("kind", sa.String(length=32), server_default="video", nullable=False))
    op.add_column("rendition", sa.Column("title", sa.String(length=255), server_default="", nullable=False))
    op.add_column("rendition", sa.Column("language", sa.String(length=35), server_default="", nullable=False))
    op.add_column("rendition", sa.Column("role", sa.String(length=32), server_default="main", nullable=False))
    op.add_column("rendition", sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("rendition", sa.Column("channels", sa.Integer(), server_default="0", nullable=False))
    # Until now there was one sound at most, mixed down to two channels.
    op.execute("UPDATE rendition SET kind = 'audio', is_default = true, channels = 2 WHERE height = 0")


def downgrade() -> None:
    for name in ("channels", "is_default", "role", "language", "title", "kind"):
        op.drop_column("rendition", name)
