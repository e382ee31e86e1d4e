"""The life of a job, in three doors, one for each audience:

- `requests` for callers (page, API, command line): enqueue, cancel, retry, reprocess, prioritize;
- `execution` for the worker that runs an attempt: claim, heartbeat, record outputs, complete, fail;
- `maintenance` for the periodic process: rescue, resend, sweep, prune.

import-linter keeps each audience to its door; the other modules of this package belong to `operations`.

Lock order everywhere: the video's row first, then the job's. Every write of an attempt is fenced by
`(job, running, attempt number)`: an attempt that lost its lease raises `LostLease` and changes nothing.
"""
