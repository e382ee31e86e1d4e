"""The API: the contract for programs, over HTTP."""
