"""fingerprints of renditions, and which are used again"""

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rendition", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("rendition", sa.Column("reused", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("rendition", "reused")
    op.drop_column("rendition", "fingerprint")
