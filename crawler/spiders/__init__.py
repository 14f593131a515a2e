"""One spider per kind of source; `crawler.sources` lists them."""
