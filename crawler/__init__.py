"""Keyword to image bytes: the only package that knows Scrapy."""
