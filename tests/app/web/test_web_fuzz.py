"""A little of `python -m benchmarks.fuzz`: what no one would send on purpose."""

import pytest

PATHS = ("/v1/edit", "/v1/health", "/v1/findings", "/v1/audit", "/v1/cohort", "/v1/cohort/examples",
         "/v1/editors", "/v1/forecast")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_as_the_description_says_whatever_is_sent(web, path):
    schemathesis = pytest.importorskip("schemathesis")
    import requests
    from hypothesis import HealthCheck, given, settings
    from hypothesis.strategies import one_of
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    session = requests.Session()
    session.trust_env = False
    schema = schemathesis.openapi.from_url(f"{web.base_url}/openapi.json", timeout=60)
    operations = [one.ok() for one in schema.get_all_operations() if one.ok().path == path]
    kept = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]

    @settings(max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck])
    @given(case=one_of(*(operation.as_strategy() for operation in operations)))
    def answered(case):
        case.call_and_validate(session=session, checks=kept)

    answered()


def test_damaged_files_are_answered_in_one_sentence(web, tmp_path):
    fuzz = pytest.importorskip("benchmarks.fuzz")
    from benchmarks.served import Served

    here = Served(str(web.base_url), 0, tmp_path, tmp_path / "log")
    answers = list(fuzz.fuzz(here, 60, 0))
    assert not [fault for _, _, faults in answers for fault in faults]
    assert {outcome for _, outcome, _ in answers} >= {"200", "422"}
