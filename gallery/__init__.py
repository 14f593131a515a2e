"""Web pages over the results database and the store."""
