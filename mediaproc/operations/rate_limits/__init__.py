"""Rate limits, counted in Redis: API requests by session or key, sign-in attempts by address."""
