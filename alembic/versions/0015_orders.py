"""list the videos of a team in other orders"""

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEYS = {
    "ix_video_team_title": sa.text("lower(title)"),
    "ix_video_team_size": "size_bytes",
    "ix_video_team_duration": sa.text("coalesce(duration_seconds, 0.0)"),
}


def upgrade() -> None:
    for name, key in _KEYS.items():
        op.create_index(name, "video", ["team_id", key, "id"])


def downgrade() -> None:
    for name in _KEYS:
        op.drop_index(name, table_name="video")
