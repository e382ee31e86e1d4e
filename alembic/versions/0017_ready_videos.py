"""videos that have an output stay completed when a later job ends in vain"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        UPDATE video SET preset = job.preset, preset_version = job.preset_version
          FROM job JOIN attempt ON attempt.job_id = job.id
         WHERE job.video_id = video.id AND job.parent_id IS NULL AND attempt.number = video.output_attempt
           AND video.status IN ('failed', 'cancelled') AND video.ready_at IS NOT NULL
    """)
    op.execute("""
        UPDATE video SET status = 'completed', progress = 100, error_code = NULL, error_detail = NULL
         WHERE status IN ('failed', 'cancelled') AND ready_at IS NOT NULL AND output_attempt IS NOT NULL
    """)


def downgrade() -> None:
    """The rows fit the tables of before, too."""
