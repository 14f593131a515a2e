"""The one reader of the environment: everything named CRAWL_AND_DREAM_*."""

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL

from pipeline.errors import SettingsError

PREFIX = "CRAWL_AND_DREAM_"

Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Effective settings; what is not set lies in `home`, embedded and local."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Field(
        default_factory=lambda: user_data_path("crawl-and-dream"),
        description="folder of the embedded database, store, gallery and weights",
    )
    database_url: str = Field(
        default="", description="any SQLAlchemy URL of SQLite or PostgreSQL"
    )
    store_url: str = Field(
        default="",
        description="a folder or any fsspec URL, such as s3://bucket/folder with the "
        "extra `s3`",
    )
    weights_dir: Path = Field(
        default=Path(), description="where weights are looked for and fetched to"
    )
    gallery_dir: Path = Field(default=Path(), description="where pages are written")
    credentials_dir: Path = Field(
        default=Path(), description="where the key lies that outputs are signed with"
    )

    sources: Words = Field(
        default=("commons",), description="where a bare `run` looks for pictures"
    )
    recipes: Words = Field(
        default=("flow", "mosaic", "dream"), description="what a bare `run` makes"
    )
    max_images: int = Field(default=50, ge=1, description="usable images per run")
    licence_policy: Literal["derivatives-allowed", "any"] = Field(
        default="derivatives-allowed",
        description="which licences may be made into something new",
    )
    allow_hosts: Words = Field(
        default=(), description="HOST:PORT on private networks that may be crawled"
    )
    contact: str = Field(
        default="",
        description="URL or e-mail address sent in the User-Agent, which some sources "
        "need",
    )
    openverse_client_id: str = Field(
        default="", description="with the secret: be answered by Openverse more often"
    )
    openverse_client_secret: SecretStr = Field(
        default=SecretStr(""), description="that belongs to the id"
    )
    flickr_key: SecretStr = Field(
        default=SecretStr(""), description="the key of the source `flickr`"
    )
    pexels_key: SecretStr = Field(
        default=SecretStr(""), description="the key of the source `pexels`"
    )
    opt_outs: Literal["obey", "record", "ignore"] = Field(
        default="obey", description="what becomes of images that ask to be left alone"
    )
    proxy: SecretStr = Field(
        default=SecretStr(""),
        description="http://[USER:PASSWORD@]HOST:PORT that all requests go "
        "through; that of the environment does not count",
    )
    budget_minutes: float | None = Field(
        default=None, gt=0, description="a run starts no batch after so many minutes"
    )
    budget_bytes: int | None = Field(
        default=None, ge=1, description="a run fetches no more than that"
    )

    max_depth: int = Field(default=4, ge=0, description="links from the start page")
    max_pages: int = Field(default=500, ge=1, description="of a website")
    max_image_bytes: int = Field(
        default=32_000_000, ge=1, description="larger files are refused"
    )
    image_side_px: int = Field(
        default=1920,
        ge=20,
        description="what sources offer larger is fetched as a thumbnail of this side",
    )
    request_delay_s: float = Field(
        default=0.5, ge=0, description="between two requests to a host"
    )
    request_timeout_s: float = Field(default=30, gt=0, description="for one request")

    min_side_px: int = Field(
        default=128, ge=16, description="pictures with a shorter side are rejected"
    )
    max_pixels: int = Field(
        default=50_000_000, ge=1, description="pictures with more are rejected"
    )
    inspect_workers: int = Field(
        default=2, ge=1, description="processes that decode pictures"
    )
    inspect_timeout_s: float = Field(
        default=30, gt=0, description="for decoding one picture"
    )
    inspect_memory_bytes: int = Field(
        default=2_000_000_000,
        ge=200_000_000,
        description="of a process that decodes pictures",
    )
    dedupe: Literal["hash", "hash+features"] = Field(
        default="hash",
        description="what near-duplicates are found by; features see crops and mirrors",
    )

    keep_gps: bool = Field(
        default=False, description="whether it is kept where a picture was taken"
    )

    runner: Literal["local", "ray"] = Field(
        default="local", description="where batches are made"
    )
    ray_address: str = Field(
        default="", description="HOST:PORT or ray://HOST:PORT; else one on this machine"
    )
    ray_cpus: int = Field(default=1, ge=1, description="processors of each batch")
    ray_gpus: float = Field(
        default=1, gt=0, description="GPUs of each batch where the cluster has any"
    )
    device: str = Field(
        default="auto",
        description="`cpu`, `mps`, `cuda`, `cuda:1`; `cuda:all` or `cuda:0,cuda:2` for "
        "a process on each",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto",
        description="of convolutions; auto is bf16 where the chip has it",
    )
    batch_size: int = Field(
        default=8, ge=1, description="pictures that are made at once, at most"
    )
    lease_s: float = Field(
        default=60, gt=0, description="after it a dead worker's jobs are taken over"
    )
    max_attempts: int = Field(default=3, ge=1, description="how often a job is tried")
    output_format: Literal["png", "jpeg", "webp"] = Field(
        default="png", description="of outputs"
    )
    output_quality: int = Field(
        default=92, ge=1, le=100, description="of JPEG and WebP"
    )

    nightly_cron: str = Field(
        default="0 3 * * *", description="when the nightly run of `serve` starts"
    )
    nightly_timezone: str = Field(
        default="UTC", description="of the cron expression, such as Europe/Paris"
    )
    nightly_keywords: str = Field(
        default="", description="what it is for; no keywords, no nightly run"
    )
    nightly_budget_minutes: float | None = Field(
        default=None, gt=0, description="the nightly run's `BUDGET_MINUTES`"
    )
    nightly_budget_bytes: int | None = Field(
        default=None, ge=1, description="the nightly run's `BUDGET_BYTES`"
    )

    @field_validator("sources", "recipes", "allow_hosts", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="before")
    @classmethod
    def _fill_from_home(cls, values: dict[str, object]) -> dict[str, object]:
        home = Path(str(values.get("home") or user_data_path("crawl-and-dream")))
        home = home.expanduser().absolute()
        places = {
            "home": home,
            "database_url": _sqlite(home / "crawl-and-dream.sqlite"),
            "store_url": str(home / "store"),
            "weights_dir": home / "weights",
            "gallery_dir": home / "gallery",
            "credentials_dir": home / "credentials",
        }
        given = {name: value for name, value in values.items() if value != ""}
        return places | given | {"home": home}

    def environment(self) -> dict[str, str]:
        """The variables that give a child process these same settings."""
        variables = {}
        for name, value in self:
            if value is not None:
                variables[PREFIX + name.upper()] = _text(value)
        return variables


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _sqlite(path: Path) -> str:
    # Built, not formatted: a path may hold what means something in a URL.
    url = URL.create("sqlite", database=str(path))
    return url.render_as_string(hide_password=False)


def load(**overrides: object) -> Settings:
    """Settings from the environment; `overrides` that are not None go above them.

    Raises:
        SettingsError: a value cannot be used; the message names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as exc:
        error = exc.errors()[0]
        name = PREFIX + "_".join(str(part) for part in error["loc"][:1]).upper()
        raise SettingsError(f"{name}: {error['msg']}, got {error['input']!r}") from exc
