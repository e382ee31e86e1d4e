"""find the newest work of a team"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_WHOLE = sa.text("parent_id IS NULL")


def upgrade() -> None:
    newest = ["team_id", "state", sa.text("id DESC NULLS LAST")]
    op.create_index("ix_job_whole_newest", "job", newest, postgresql_where=_WHOLE)
    op.create_index("ix_job_whole_of_video", "job", ["video_id", "id"], postgresql_where=_WHOLE)


def downgrade() -> None:
    op.drop_index("ix_job_whole_of_video", table_name="job")
    op.drop_index("ix_job_whole_newest", table_name="job")
