"""An S3-speaking server of the tests' own, which wants the right keys."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import boto3
import pytest
from s3fs import S3FileSystem

BUCKET = "art"
_WAIT_S = 60
_SETUP = ("create_bucket", "create_user", "put_user_policy", "create_access_key")
_MAY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True)
class ObjectServer:
    """Where it listens on loopback, and the keys that open it."""

    port: int
    key: str
    secret: str

    def environment(self, port: int = 0) -> dict[str, str]:
        """What a process needs to get in, by another port if there is one."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextmanager
    def entered(self, port: int = 0) -> Iterator[None]:
        """This process has the keys, and forgets every server it knew before.

        fsspec keeps what it has opened, and with it the way to the server of then.
        """
        S3FileSystem.clear_instance_cache()
        with pytest.MonkeyPatch.context() as environment:
            for name, value in self.environment(port).items():
                environment.setenv(name, value)
            yield
        S3FileSystem.clear_instance_cache()


@contextmanager
def serving_objects(port: int) -> Iterator[ObjectServer]:
    """A server with one bucket, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(len(_SETUP))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield _set_up(port)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _WAIT_S
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < deadline, "the S3 server did not start"
        time.sleep(0.1)


def _set_up(port: int) -> ObjectServer:
    how = {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "region_name": "us-east-1",
        "aws_access_key_id": "setup",
        "aws_secret_access_key": "setup",
    }
    boto3.client("s3", **how).create_bucket(Bucket=BUCKET)
    iam, user = boto3.client("iam", **how), "tests"
    iam.create_user(UserName=user)
    policy = json.dumps(_MAY_ALL)
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return ObjectServer(port, key["AccessKeyId"], key["SecretAccessKey"])


class Door:
    """A port of its own that leads to another, and can be shut like a cut cable."""

    def __init__(self, port: int, leads_to: int) -> None:
        self.port, self._leads_to = port, leads_to
        self._is_open = threading.Event()
        self._is_open.set()
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._listen, daemon=True).start()

    def shut(self) -> None:
        """Whoever is inside is thrown out, and nobody comes in."""
        self._is_open.clear()

    def open(self) -> None:
        self._is_open.set()

    def close(self) -> None:
        self.shut()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                guest, _ = self._listener.accept()
                threading.Thread(target=self._lead, args=(guest,), daemon=True).start()

    def _lead(self, guest: socket.socket) -> None:
        with guest, suppress(OSError):
            if not self._is_open.is_set():
                return
            host = socket.create_connection(("127.0.0.1", self._leads_to))
            with host:
                self._relay(guest, host)

    def _relay(self, guest: socket.socket, host: socket.socket) -> None:
        other = {guest: host, host: guest}
        while self._is_open.is_set():
            ready, _, _ = select.select([guest, host], [], [], 0.05)
            for one in ready:
                if not (content := one.recv(65536)):
                    return
                other[one].sendall(content)
