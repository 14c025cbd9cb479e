"""The paths of the server's own doors; every other path is the page's."""

EDIT, HEALTH, FINDINGS = "/v1/edit", "/v1/health", "/v1/findings"
AUDIT, COHORT, EXAMPLES = "/v1/audit", "/v1/cohort", "/v1/cohort/examples"
METRICS, OPENAPI, LOGIN = "/metrics", "/openapi.json", "/login"
OWN = frozenset({EDIT, HEALTH, FINDINGS, AUDIT, COHORT, EXAMPLES, METRICS, OPENAPI, LOGIN})
OPEN = frozenset({HEALTH, LOGIN})
"""What may be asked without a token."""
