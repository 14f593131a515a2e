"""Tables, views, named queries and migrations of the results database."""
