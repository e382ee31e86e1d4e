"""find videos by name, and the newest of a team"""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


_NEWEST = {"ix_video_team_newest": ["team_id"], "ix_video_team_status_newest": ["team_id", "status"]}


def upgrade() -> None:
    _order_newest("id DESC NULLS LAST")
    # A trusted extension: the owner of a database may make it, and managed services have it.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_index(
        "ix_video_names",
        "video",
        ["title", "filename"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops", "filename": "gin_trgm_ops"},
    )


def downgrade() -> None:
    _order_newest("id DESC")
    op.drop_index("ix_video_names", table_name="video", postgresql_using="gin")
    op.execute("DROP EXTENSION IF EXISTS pg_trgm")


def _order_newest(order: str) -> None:
    for name, columns in _NEWEST.items():
        op.drop_index(name, table_name="video")
        op.create_index(name, "video", [*columns, sa.literal_column(order)], unique=False)
