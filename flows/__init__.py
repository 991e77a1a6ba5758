"""The pipeline under Prefect, and the `retort` command. Nothing here phones home."""

import os

# Prefect reads its settings when it is imported, so these stand before any such import.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")
