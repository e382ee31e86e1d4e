"""rank the waiting jobs of a team"""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_WAITING = sa.text("state IN ('queued', 'retrying') AND message_sent_at IS NOT NULL")
_BY_CHUNK = ["lane", "priority", "team_id", sa.literal_column("chunk NULLS FIRST"), "id"]


def upgrade() -> None:
    op.add_column("job", sa.Column("rank", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE job SET rank = 3 * chunk WHERE chunk > 0 AND state IN ('queued', 'retrying')")
    for name in ("started_rank", "served_rank"):
        op.add_column("turn", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.drop_index("ix_job_next", table_name="job")
    op.create_index("ix_job_next", "job", ["lane", "priority", "team_id", "rank", "id"], postgresql_where=_WAITING)


def downgrade() -> None:
    op.drop_index("ix_job_next", table_name="job")
    op.create_index("ix_job_next", "job", _BY_CHUNK, postgresql_where=_WAITING)
    for name in ("started_rank", "served_rank"):
        op.drop_column("turn", name)
    op.drop_column("job", "rank")
