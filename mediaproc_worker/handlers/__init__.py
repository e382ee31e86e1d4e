"""What performs each kind of job."""
