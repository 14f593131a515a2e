"""The wiring: Prefect flow and deployment, command line, demo."""

import os

# OpenMP's threads spin at barriers by default: when anything else uses a core, pictures
# take ten times as long. It is read once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
