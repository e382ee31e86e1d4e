"""teams take turns"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("video", "job"):  # 1 is normal
        op.add_column(table, sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False))
    op.create_index(
        "ix_job_next",
        "job",
        ["lane", "priority", "team_id", sa.literal_column("chunk NULLS FIRST"), "id"],
        postgresql_where=sa.text("state IN ('queued', 'retrying') AND message_sent_at IS NOT NULL"),
    )
    op.create_table(
        "turn",
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lane", "team_id"),
    )
    op.create_index(op.f("ix_turn_team_id"), "turn", ["team_id"])


def downgrade() -> None:
    op.drop_table("turn")
    op.drop_index("ix_job_next", table_name="job")
    for table in ("job", "video"):
        op.drop_column(table, "priority")
