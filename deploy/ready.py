"""Ends with 0 when the server is ready to edit, for the health checks of containers: python ready.py [PORT].

The token is that of CAUSARAY_TOKEN, as the server's own.
"""

import json
import os
import sys
import urllib.request

port = sys.argv[1] if len(sys.argv) > 1 else "7860"
asked = urllib.request.Request(f"http://127.0.0.1:{port}/v1/health")
if token := os.environ.get("CAUSARAY_TOKEN"):
    asked.add_header("Authorization", f"Bearer {token}")
try:
    with urllib.request.urlopen(asked, timeout=4) as answer:
        sys.exit(json.load(answer)["status"] != "ready")
except (OSError, ValueError, KeyError):
    sys.exit(1)
