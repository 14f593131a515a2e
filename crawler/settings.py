"""Scrapy's settings for one crawl: polite, honest, and only what we need of it."""

from importlib.metadata import version
from typing import Any

from crawler.guard import ALLOW_HOSTS, is_loopback, parse_host_port
from pipeline.settings import Settings

BOT_NAME = "crawl-and-dream"

_FIXED: dict[str, Any] = {
    "BOT_NAME": BOT_NAME,
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": BOT_NAME,
    "TWISTED_DNS_RESOLVER": "crawler.guard.GuardedHostnameResolver",
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_HANDLERS": dict.fromkeys(("file", "data", "ftp", "s3")),
    "HTTPPROXY_ENABLED": False,  # behind a proxy the guard does not see the address
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "REDIRECT_MAX_TIMES": 5,
    "RETRY_TIMES": 1,
    "RETRY_EXCEPTIONS": [
        "scrapy.exceptions.DownloadFailedError",
        "scrapy.exceptions.DownloadTimeoutError",
        "scrapy.exceptions.ResponseDataLossError",
    ],
    "RETRY_GIVE_UP_LOG_LEVEL": "INFO",  # an error in the log fails the crawl
    "CONCURRENT_REQUESTS": 8,
    "CONCURRENT_ITEMS": 8,  # tasks that are made for every response
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_MAX_DELAY": 10,
    # Pages near the start come first; images are asked for with a higher priority.
    "DEPTH_PRIORITY": 1,
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
    "SCHEDULER_DISK_QUEUE": "scrapy.squeues.PickleFifoDiskQueue",
    "WARN_ON_GENERATOR_RETURN_VALUE": False,  # reads our source for every response
    "LOG_LEVEL": "WARNING",
    "DEFAULT_DROPITEM_LOG_LEVEL": "DEBUG",
    "EXTENSIONS": {
        "crawler.reporting.Reporter": 0,
        "scrapy.extensions.telnet.TelnetConsole": None,
        "scrapy.extensions.remote_control.RemoteControl": None,
    },
    "ITEM_PIPELINES": {"crawler.pipelines.KeepImages": 100},
    "DOWNLOADER_MIDDLEWARES": {
        "crawler.middlewares.LocalFiles": 40,
        "crawler.guard.GuardMiddleware": 50,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "crawler.middlewares.RobotsMiddleware": 100,
        "crawler.middlewares.MemoryMiddleware": 150,
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "crawler.pacing.PatientRetryMiddleware": 550,
    },
}


def scrapy_settings(settings: Settings, **ours: object) -> dict[str, Any]:
    """Everything that Scrapy and our components of it read during one crawl.

    Args:
        ours: settings of our own components, `CRAWL_*`, which they read by name.
    """
    return (
        _FIXED
        | {
            "USER_AGENT": user_agent(settings.contact),
            "DOWNLOAD_DELAY": settings.request_delay_s,
            "AUTOTHROTTLE_START_DELAY": settings.request_delay_s,
            "DOWNLOAD_SLOTS": _own_machine(settings.allow_hosts),
            "DOWNLOAD_MAXSIZE": settings.max_image_bytes,
            "DOWNLOAD_WARNSIZE": 0,
            "DOWNLOAD_TIMEOUT": settings.request_timeout_s,
            "CRAWL_MAX_DEPTH": settings.max_depth,
            "CRAWL_MAX_PAGES": settings.max_pages,
            "CRAWL_MAX_IMAGE_BYTES": settings.max_image_bytes,
            "CRAWL_DATABASE_URL": settings.database_url,
            "CRAWL_STORE_URL": settings.store_url,
            ALLOW_HOSTS: list(settings.allow_hosts),
        }
        | ours
    )


def user_agent(contact: str) -> str:
    """Who we are, and how to reach the person who runs this crawl."""
    name = f"{BOT_NAME}/{version(BOT_NAME)}"
    return f"{name} (+{contact})" if contact else name


def _own_machine(allow_hosts: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Nobody has to be spared on loopback."""
    hosts = {parse_host_port(host)[0] for host in allow_hosts}
    return {host: {"delay": 0, "concurrency": 8} for host in hosts if is_loopback(host)}
