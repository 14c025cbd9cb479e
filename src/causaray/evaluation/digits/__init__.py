"""Measuring counterfactual digits: what was intervened on, by morphometry, and which digit it still is, by a judge."""
