"""What a worker process runs while its parent is killed."""

import os
import time
from pathlib import Path


def tell_and_sleep(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
