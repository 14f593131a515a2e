"""Scrapy's settings for one crawl: polite, honest, and only what we need of it."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crawler.addresses import is_loopback, parse_host_port
from crawler.guard import ALLOW_HOSTS, PROXY
from pipeline.settings import Settings

BOT_NAME = "crawl-and-dream"

_FIXED: dict[str, Any] = {
    "BOT_NAME": BOT_NAME,
    "TWISTED_DNS_RESOLVER": "crawler.guard.GuardedHostnameResolver",
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_HANDLERS": dict.fromkeys(("file", "data", "ftp", "s3"))
    | dict.fromkeys(("http", "https"), "crawler.keys.KeyedHandler"),
    "HTTPPROXY_ENABLED": False,  # it would take a proxy from the environment
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "REDIRECT_MAX_TIMES": 5,
    "RETRY_TIMES": 2,
    "RETRY_EXCEPTIONS": [
        "scrapy.exceptions.DownloadConnectionRefusedError",
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
    "SCHEDULER": "crawler.scheduling.FrontierScheduler",
    # The scheduler bounds what waits to be stored, by its number; Scrapy's own bound of
    # 5 MB is a handful of photographs, and keeps the network idle meanwhile.
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 64_000_000,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,  # reads our source for every response
    "LOG_LEVEL": "WARNING",
    "DEFAULT_DROPITEM_LOG_LEVEL": "DEBUG",
    "EXTENSIONS": {
        "crawler.reporting.Reporter": 0,
        "crawler.grants.Grants": 0,
        "scrapy.extensions.telnet.TelnetConsole": None,
        "scrapy.extensions.remote_control.RemoteControl": None,
    },
    "ITEM_PIPELINES": {"crawler.pipelines.KeepImages": 100},
    "SPIDER_MIDDLEWARES": {
        "crawler.spidermiddlewares.Beginning": 10,
        "crawler.spidermiddlewares.Mishaps": 20,
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,  # ours are cut
    },
    "DOWNLOADER_MIDDLEWARES": {
        "crawler.pacing.SlotMiddleware": 40,
        "crawler.guard.GuardMiddleware": 50,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "crawler.memory.RefusedMiddleware": 55,
        "crawler.memory.MemoryMiddleware": 60,  # what is not sent needs no robots.txt
        "crawler.robots.RobotsMiddleware": 100,
        "crawler.local_files.LocalFiles": 160,
        "crawler.tdmrep.ReservationMiddleware": 300,
        # What is not needed costs every request its time.
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "crawler.pacing.PatientRetryMiddleware": 550,
        "crawler.busy.BusyApis": 570,
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
        "crawler.download.BoundedCompression": 590,
        "crawler.guard.ProxyMiddleware": 750,
    },
}


_DRY_RUN: dict[str, Any] = {
    "CRAWL_DRY_RUN": True,
    "ITEM_PIPELINES": {"crawler.listing.ListImages": 100},
    "DOWNLOADER_MIDDLEWARES": _FIXED["DOWNLOADER_MIDDLEWARES"]
    | {"crawler.memory.DryRunMiddleware": 290},  # what follows asks the image's host
}


def scrapy_settings(
    settings: Settings,
    *,
    source: str,
    slots: Mapping[str, dict[str, float]],
    crawl_run_id: int,
    frontier: Path | None,
) -> dict[str, Any]:
    """Everything that Scrapy and our components of it read during one crawl.

    Our components read `CRAWL_*`. Without a `frontier` it is a dry run: the crawl
    leaves nothing behind.
    """
    return (
        _FIXED
        | {
            "USER_AGENT": user_agent(settings.contact),
            "DOWNLOAD_DELAY": settings.request_delay_s,
            "AUTOTHROTTLE_START_DELAY": settings.request_delay_s,
            "DOWNLOAD_SLOTS": _own_machine(settings.allow_hosts) | dict(slots),
            "DOWNLOAD_MAXSIZE": settings.max_image_bytes,
            "DOWNLOAD_WARNSIZE": 0,
            "DOWNLOAD_TIMEOUT": settings.request_timeout_s,
            "CRAWL_HOME": settings.home,
            "CRAWL_FRONTIER": frontier,
            "CRAWL_RUN_ID": crawl_run_id,
            "CRAWL_SOURCE": source,
            "CRAWL_MAX_PAGES": settings.max_pages,
            "CRAWL_MAX_IMAGES": settings.max_images,
            "CRAWL_BUDGET_BYTES": settings.budget_bytes,
            "CRAWL_LICENCE_POLICY": settings.licence_policy,
            "CRAWL_OPT_OUTS": settings.opt_outs,
            "CRAWL_MAX_IMAGE_BYTES": settings.max_image_bytes,
            "CRAWL_DATABASE_URL": settings.database_url,
            "CRAWL_STORE_URL": settings.store_url,
            ALLOW_HOSTS: list(settings.allow_hosts),
            PROXY: settings.proxy,
        }
        | (_DRY_RUN if frontier is None else {})
    )


def user_agent(contact: str) -> str:
    """Who we are, how to reach the person who runs this crawl, and with what we ask."""
    contact = " ".join(contact.split())
    reachable = f" ({contact})" if contact else ""
    return f"{BOT_NAME}/{version(BOT_NAME)}{reachable} Scrapy/{version('scrapy')}"


def _own_machine(allow_hosts: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Nobody has to be spared on loopback."""
    hosts = {parse_host_port(host)[0] for host in allow_hosts}
    return {host: {"delay": 0, "concurrency": 8} for host in hosts if is_loopback(host)}
