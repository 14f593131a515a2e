"""How fast each stage is against a plain reference, measured in one run."""

import flows  # noqa: F401  # settles how torch's threads wait, as in every real run
