"""vmaf of renditions, parts that wait for others"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rendition", sa.Column("vmaf", sa.Float(), nullable=True))
    op.add_column("job", sa.Column("held", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("job", "held")
    op.drop_column("rendition", "vmaf")
