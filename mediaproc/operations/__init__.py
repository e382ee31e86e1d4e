"""The verbs: what the page and the API both call. They flush; the edge commits."""
