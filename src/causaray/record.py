"""What is written down of a counterfactual: how it was made and measured, and nothing of the patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from causaray.place import told_change

if TYPE_CHECKING:
    from causaray.counterfactual import Counterfactual

NOTICE = "The counterfactual is a synthetic image, not a radiograph of any patient. Not a medical device."


def record_of(made: Counterfactual) -> dict[str, Any]:
    """The keys of docs/formats.md."""
    return {
        "synthetic": True,
        "notice": NOTICE,
        "request": made.request.to_text(),
        "negative": made.negative.to_text() if made.negative else None,
        "text": made.text,
        "verdict": made.verdict.record() if made.verdict else None,
        "interpretation": made.interpretation,
        "written": made.written,
        "where": told_change(made.difference),
        "method": made.method,
        "weights": made.weights,
        "digest": made.digest,
        "seed": made.seed,
        "strength": made.strength,
        "version": made.version,
        "watermark": made.watermark,
        "size": max(made.factual.pixels.shape),
        "shape": list(made.factual.pixels.shape),
        "spacing_mm": made.counterfactual.spacing,
        "edited_at": made.edited_at,
        "view": made.counterfactual.view,
        "turned": made.factual.turned,
        "judge": made.judge,
        "measured": made.measured,
        "unasked": before_after(made.unasked),
        "change_sd": {name: round(value, 4) for name, value in made.change_sd.items()},
        "difference_limit": round(made.difference_limit, 6),
        "typicality": dict(made.typicality) if made.typicality else None,
        "pulled": made.pulled,
        "words": list(made.words) if made.words else None,
        "mask": None if made.mask is None else round(made.mask, 4),
        "filtered": made.filtered,
        "lesions": made.lesions,
        "signs": made.signs,
        "signs_note": made.signs_note,
    }


def flat_signs(signs: Mapping[str, Any] | None) -> list[tuple[str, float, float]]:
    """Each sign that is known of both films: its name, such as "opacity left lower", before and after."""

    def flat(of: Any, name: str) -> dict[str, float]:
        if isinstance(of, Mapping):
            return {k: v for key, one in of.items() for k, v in flat(one, f"{name} {key}".strip()).items()}
        return {} if of is None else {name.replace("_", " "): of}

    before, after = (flat((signs or {}).get(key, {}), "") for key in ("factual", "counterfactual"))
    return [(name, value, after[name]) for name, value in before.items() if name in after]


def before_after(judged: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """{finding: {"before": p, "after": p}} of (before, after)."""
    return {name: {"before": round(p, 4), "after": round(q, 4)} for name, (p, q) in judged.items()}
