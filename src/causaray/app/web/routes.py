"""The paths of the server's own doors; every other path is the page's."""

EDIT, HEALTH, FINDINGS, EDITORS = "/v1/edit", "/v1/health", "/v1/findings", "/v1/editors"
AUDIT, COHORT, EXAMPLES = "/v1/audit", "/v1/cohort", "/v1/cohort/examples"
FORECAST = "/v1/forecast"
METRICS, OPENAPI, LOGIN = "/metrics", "/openapi.json", "/login"
OWN = frozenset({EDIT, HEALTH, FINDINGS, EDITORS, AUDIT, COHORT, EXAMPLES, FORECAST, METRICS, OPENAPI, LOGIN})
OPEN = frozenset({HEALTH, LOGIN})
"""What may be asked without a token."""
